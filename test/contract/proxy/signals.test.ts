import { readFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { ProxyClient } from "./support/client.ts";
import { type ProxyHome, proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeAnyProxy } from "./support/proxies.ts";
import { type RunningProxy, startProxy, until } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

/** Measured: 2 to 14 ms; this allows for a busy machine. */
const SOON_MS = 3000;

describeAnyProxy("signals", (proxy) => {
  const key = randomKey();
  let home: ProxyHome;
  beforeAll(async () => {
    home = await proxyHome(await telegram());
  });
  const start = async (...args: string[]): Promise<RunningProxy> => {
    const running = await startProxy(proxy, { home, args: [...keyArgs(key), ...args] });
    await running.ready();
    return running;
  };

  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s ends it with exit code 0 at once and cuts all clients",
    async (signal) => {
      const running = await start();
      const clients = await Promise.all(
        Array.from({ length: 20 }, () => ProxyClient.connect({ port: running.port, key })),
      );
      for (const client of clients) expect(await client.ask()).toBe("answered");
      const end = await running.end(signal);
      expect(end).toMatchObject({ code: 0, signal: null });
      expect(end.milliseconds).toBeLessThan(SOON_MS);
      for (const { wire } of clients) expect(await wire.closing(SOON_MS)).toBeDefined();
      expect(running.log()).toMatch(new RegExp(`\\[pid ${running.pid}\\] \\[time \\d+\\] ${signal} handled\\.\\n`));
      expect(running.log()).toContain(`Terminated by ${signal}.\n`);
    },
  );

  test("the port is free for the next one as soon as it has ended, with clients just cut", async () => {
    const running = await start();
    const client = await ProxyClient.connect({ port: running.port, key });
    expect(await client.ask()).toBe("answered");
    await running.end();
    const next = await startProxy(proxy, { home, args: [...keyArgs(key), "-H", String(running.port)] });
    await next.ready();
    expect(await (await ProxyClient.connect({ port: running.port, key })).ask()).toBe("answered");
  });

  test("SIGUSR1 ends its output for good where there is no log file", async () => {
    const running = await start();
    running.signal("SIGUSR1");
    await until(() => running.log().includes("received signal 10"));
    await sleep(200);
    const before = running.log();
    running.signal("SIGHUP");
    await running.end();
    expect(running.log().replace(before, "")).not.toContain("Terminated");
  });

  test("SIGUSR1 is what makes -l work", async () => {
    await chmod(home.folder, 0o777);
    const file = join(home.folder, `log-${Date.now()}`);
    const running = await start("-l", file);
    expect(() => readFileSync(file)).toThrow();
    running.signal("SIGUSR1");
    await until(() => {
      try {
        return readFileSync(file).length >= 0;
      } catch {
        return false;
      }
    });
    await running.end();
    expect(readFileSync(file, "utf8")).toContain("Terminated by SIGTERM.");
  });

  test.each(["SIGQUIT", "SIGUSR2", "SIGALRM"] as const)("%s kills it", async (signal) => {
    const running = await start();
    expect((await running.end(signal)).signal).toBe(signal);
  });

  test("the keys are in its command line for everybody to read", async () => {
    const { pid } = await start();
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")).toContain(key.reveal());
  });
});
