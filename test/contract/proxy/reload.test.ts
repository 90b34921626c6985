import { chmod, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { isRoot } from "../../support/machine.mts";
import { ProxyClient } from "./support/client.ts";
import { place, proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeProxies } from "./support/proxies.ts";
import { type RunningProxy, startProxy, until } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

describeProxies("SIGHUP", (proxy) => {
  const key = randomKey();
  const md5 = async (running: RunningProxy): Promise<string> => (await running.stats()).config_md5 ?? "";
  const client = async ({ port }: RunningProxy, datacenter = 2): Promise<ProxyClient> => {
    const client = await ProxyClient.connect({ port, key, datacenter });
    expect(await client.ask()).toBe("answered");
    return client;
  };

  if (!proxy.build.reloads) {
    test("changes nothing", async () => {
      const middle = await telegram();
      const home = await proxyHome(middle);
      const running = await startProxy(proxy, { home, args: keyArgs(key) });
      await running.ready();
      const [before, held] = [await md5(running), await client(running)];
      await place(home.folder, "proxy-multi.conf", `# changed\n${middle.proxyMultiConf()}`);
      running.signal("SIGHUP");
      await until(() => running.log().includes("received signal 01"));
      await sleep(300);
      expect(await md5(running)).toBe(before);
      expect(await held.ask()).toBe("answered");
    });
    return;
  }

  const start = async (config?: string) => {
    const [staying, leaving] = [await telegram(), undefined];
    void leaving;
    const other = await telegram({ secret: staying.proxySecret });
    const both = `default 2;\nproxy_for 1 127.0.0.1:${other.port};\nproxy_for 2 127.0.0.1:${staying.port};\n`;
    const home = await proxyHome(staying, config ?? both);
    const running = await startProxy(proxy, { home, args: keyArgs(key) });
    await running.ready(2);
    return { running, home, staying, other };
  };

  test("makes a changed proxy-multi.conf live; clients stay while their target does", async () => {
    const { running, home, staying } = await start();
    const before = await md5(running);
    const [kept, cut] = [await client(running, 2), await client(running, 1)];
    await place(home.folder, "proxy-multi.conf", `default 2;\nproxy_for 2 127.0.0.1:${staying.port};\n`);
    running.signal("SIGHUP");
    await until(async () => (await md5(running)) !== before);
    expect(running.log().match(/re-read successfully/g)).toHaveLength(2);
    expect(await running.stats()).toMatchObject({ config_auth_clusters: "1", total_declared_targets: "1" });
    expect(await cut.wire.closing(5000)).toBeDefined();
    expect(await kept.ask()).toBe("answered");
    await client(running, 1);
  });

  test.each([
    ["empty", ""],
    ["cut off", "default 2;\nproxy_for 2 127.0.0.1:88"],
  ])("keeps what it has when the file is %s", async (_, content) => {
    const { running, home } = await start();
    const [before, held] = [await md5(running), await client(running)];
    await place(home.folder, "proxy-multi.conf", content);
    running.signal("SIGHUP");
    await until(() => running.log().includes("config check failed! (code -1)"));
    expect(running.log()).toContain("new configuration NOT applied");
    expect(await md5(running)).toBe(before);
    expect(await held.ask()).toBe("answered");
  });

  test("keeps what it has when the file is gone", async () => {
    const { running, home } = await start();
    const held = await client(running);
    await rm(home.configFile);
    running.signal("SIGHUP");
    await until(() => running.log().includes("cannot re-read config file"));
    expect(await held.ask()).toBe("answered");
  });

  describe.runIf(isRoot)("as root", () => {
    test("cannot read a file that only root may read: it is no longer root", async () => {
      const { running, home } = await start();
      await chmod(home.configFile, 0o600);
      running.signal("SIGHUP");
      await until(() => running.log().includes(`cannot re-read config file ${home.configFile}: Permission denied`));
      await client(running);
    });
  });

  test("reaches only the process that gets it: workers keep what they have", async () => {
    const [first, second] = [await telegram(), await telegram()];
    const config = `default 2;\nproxy_for 2 127.0.0.1:${first.port};\n`;
    const home = await proxyHome(first, config);
    const running = await startProxy(proxy, { home, args: [...keyArgs(key), "-M", "1"] });
    await running.ready();
    const before = await md5(running);
    await place(home.folder, "proxy-multi.conf", config.replace(String(first.port), String(second.port)));
    running.signal("SIGHUP");
    await until(async () => (await md5(running)) !== before);
    const seen = first.requests.length;
    await client(running);
    expect(first.requests.length).toBe(seen + 1);
  });
});
