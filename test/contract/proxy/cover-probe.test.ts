import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCoverDomain } from "../../../src/domain/cover-domain.ts";
import { probeCover } from "../../../src/host/cover-probe.ts";
import { type CoverSiteOptions, startCoverSite } from "../../support/cover-site.ts";
import { isRoot } from "../../support/machine.mts";
import { connectFakeTls } from "./support/client.ts";
import { type ProxyHome, place, proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeAnyProxy } from "./support/proxies.ts";
import { type RunningProxy, startProxy, until } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

/** Port 443, port 53 and mount namespaces are for root. */
const silent = "127.0.0.31";
const imitable = "127.0.0.34";
const unreachableDns = "127.0.0.53";

describeAnyProxy("a cover domain that cannot be imitated", (proxy) => {
  const key = randomKey();
  let home: ProxyHome;
  const cleanUp: (() => void)[] = [];
  beforeAll(async () => {
    home = await proxyHome(await telegram());
  });
  afterAll(() => {
    for (const step of cleanUp) step();
  });
  /** Milliseconds from the start of the process to its first answer from /stats, and the proxy. */
  const start = async (domains: readonly string[], prefix: readonly string[] = []) => {
    const since = performance.now();
    const args = [...keyArgs(key), ...domains.flatMap((domain) => ["-D", domain])];
    const running = await startProxy(proxy, { home, args, prefix });
    return { running, milliseconds: performance.now() - since };
  };
  const serves = async ({ port }: RunningProxy, domain: string): Promise<boolean> =>
    (await (await connectFakeTls({ port, key, domain })).ask()) === "answered";

  test("that refuses connections or has no address costs nothing and is still served", async () => {
    const { running, milliseconds } = await start(["localhost", "nosuchhost"]);
    expect(milliseconds).toBeLessThan(4000);
    expect(running.log()).toContain("Failed to write request for checking domain localhost: Connection refused");
    expect(running.log()).toContain("Failed to resolve host nosuchhost\n");
    for (const domain of ["localhost", "nosuchhost"]) {
      const words = `Failed to update response data about ${domain}, so default response settings wiil be used\n`;
      expect(running.log()).toContain(words);
      await running.ready();
      expect(await serves(running, domain)).toBe(true);
    }
  });

  test("is a name, never a name with a port", async () => {
    const { running } = await start(["localhost:443"]);
    expect(running.log()).toContain("Failed to resolve host localhost:443\n");
  });

  test("is warned of with workers", async () => {
    const args = [...keyArgs(key), "-D", "localhost", "-M", "1"];
    const running = await startProxy(proxy, { home, args });
    expect(running.log()).toContain("It is recommended to not use workers with TLS-transport");
  });

  describe.runIf(isRoot)("as root", () => {
    test("that accepts and says nothing costs 5 s, one domain after the other, with all ports closed", async () => {
      cleanUp.push(await silentSite(silent));
      const { running, milliseconds } = await start([silent, "localhost", silent]);
      expect(milliseconds).toBeGreaterThan(9800);
      expect(milliseconds).toBeLessThan(20_000);
      expect(running.log()).toContain(`Failed to check domain ${silent} in 5 seconds\n`);
    });

    test("that chooses another cipher than AES-128 is not imitated", async () => {
      const host = "127.0.0.32";
      const site = await startCoverSite({ host, port: 443, ciphers: "TLS_AES_256_GCM_SHA384" });
      cleanUp.push(() => void site.close());
      const { running } = await start([host]);
      expect(running.log()).toContain("Failed to parse upstream TLS response: ");
      expect(running.log()).toContain(`Failed to update response data about ${host}`);
    });

    test.each<[string, string, CoverSiteOptions]>([
      ["can be imitated", imitable, { ciphers: "TLS_AES_128_GCM_SHA256" }],
      ["has AES-256 only", "127.0.0.35", { ciphers: "TLS_AES_256_GCM_SHA384" }],
      ["has another group only", "127.0.0.36", { tls: { ecdhCurve: "secp384r1" } }],
      ["has TLS 1.2 only", "127.0.0.37", { tls: { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } }],
    ])("that %s is judged by check-domain as by the proxy", async (_, host, options) => {
      const site = await startCoverSite({ host, port: 443, ...options });
      cleanUp.push(() => void site.close());
      const { imitation } = await probeCover({ domain: host, address: host, port: 443 });
      expect(imitation.ok).toBe(host === imitable);
      const { running } = await start([host]);
      const size = /Successfully checked domain \S+ .*server_hello_encrypted_size = (\d+)/.exec(running.log())?.[1];
      expect(size === undefined ? undefined : Number(size)).toBe(imitation.ok ? imitation.least : undefined);
    });

    test("ends the start at once with exit code 1 when a signal comes meanwhile", async () => {
      const host = "127.0.0.33";
      cleanUp.push(await silentSite(host));
      const running = await startProxy(proxy, { home, args: [...keyArgs(key), "-D", host], early: true });
      await until(() => running.log().includes("config_filename"));
      expect(await running.end("SIGTERM")).toMatchObject({ code: 1, signal: null });
      expect(running.log()).toContain("SIGTERM handled immediately.\n");
    });

    test("has a name of 216 characters at most: with a longer one the proxy aborts at its start", async () => {
      const name = (length: number) =>
        `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(length - 192)}`;
      const file = await place(home.folder, "hosts", `127.0.0.1 localhost ${name(216)} ${name(217)}\n`);
      const { running } = await start([name(216)], withFile(file, "/etc/hosts"));
      await running.ready();
      expect(await serves(running, name(216))).toBe(true);
      await expect(start([name(217)], withFile(file, "/etc/hosts"))).rejects.toThrow("`padding_length >= 0' failed");
      expect(() => parseCoverDomain(name(217))).toThrow("is not a domain name");
      expect(parseCoverDomain(name(216))).toBe(name(216));
    });

    test("whose DNS server never answers costs 20 s", { timeout: 120_000 }, async () => {
      cleanUp.push(await silentDns());
      const file = await place(home.folder, "resolv.conf", `nameserver ${unreachableDns}\n`);
      const { running, milliseconds } = await start(["cover.example.org"], withFile(file, "/etc/resolv.conf"));
      expect(milliseconds).toBeGreaterThan(19_500);
      expect(milliseconds).toBeLessThan(35_000);
      expect(running.log()).toContain("Failed to resolve host cover.example.org\n");
    });
  });
});

/** Takes connections and never says a word: for the proxy that is the same as a site whose packets are dropped. */
async function silentSite(host: string): Promise<() => void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
  });
  server.listen(443, host);
  await once(server, "listening");
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}

async function silentDns(): Promise<() => void> {
  const socket = createSocket("udp4");
  socket.bind(53, unreachableDns);
  await once(socket, "listening");
  return () => void socket.close();
}

/** Starts what follows with this file in the place of another. */
function withFile(file: string, path: string): string[] {
  return ["unshare", "--mount", "sh", "-c", `mount --bind '${file}' ${path} && exec "$@"`, "sh"];
}
