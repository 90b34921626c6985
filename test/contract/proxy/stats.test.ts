import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { beforeAll, expect, test } from "vitest";
import { statsTemplate } from "../../support/mtproto-proxy/stats-template.ts";
import type { MiddleProxy } from "../../support/telegram/middle-proxy.ts";
import { ProxyClient, Wire } from "./support/client.ts";
import { type ProxyHome, proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { freePort } from "./support/ports.ts";
import { describeAnyProxy, describeProxies } from "./support/proxies.ts";
import { type RunningProxy, startProxy, until } from "./support/running-proxy.ts";
import { request, statsLines } from "./support/stats.ts";
import { telegram } from "./support/telegram.ts";

const page = "GET /stats HTTP/1.1\r\nHost: x\r\n\r\n";

describeProxies("the page", (proxy) => {
  test("has the same 199 keys in the same order in every build, and names the build", async () => {
    const key = randomKey();
    const running = await startProxy(proxy, { args: keyArgs(key) });
    const { body, head } = await request(running.statsPort, page);
    const lines = statsLines(body);
    expect(lines).toHaveLength(199);
    expect(lines.map(([name]) => name)).toEqual(statsLines(statsTemplate).map(([name]) => name));
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\nServer: MTProxy\/1\.0\r\n/);
    expect(head).toContain("Content-Type: text/plain\r\nConnection: close\r\nContent-Length: ");
    expect(await running.stats()).toMatchObject({
      version: proxy.build.version,
      pid: String(running.pid),
      workers: "0",
    });
    expect(body.toLowerCase() + running.log()).not.toContain(key.reveal());
  });
});

describeAnyProxy("statistics", (proxy) => {
  const key = randomKey();
  let middle: MiddleProxy;
  let home: ProxyHome;
  beforeAll(async () => {
    middle = await telegram();
    home = await proxyHome(middle);
  });
  const start = async (...args: string[]): Promise<RunningProxy> => {
    const running = await startProxy(proxy, { home, args: [...keyArgs(key), ...args] });
    await running.ready();
    return running;
  };
  const ask = async ({ port }: RunningProxy): Promise<ProxyClient> => {
    const client = await ProxyClient.connect({ port, key });
    expect(await client.ask()).toBe("answered");
    return client;
  };

  test("are for 127.0.0.1 alone, by exactly GET /stats", async () => {
    const { statsPort } = await start();
    const status = async (line: string, from?: string): Promise<number> =>
      (await request(statsPort, `${line} HTTP/1.1\r\nHost: x\r\n\r\n`, from)).status;
    expect(await status("GET /stats")).toBe(200);
    expect(await status("GET /stats", "127.0.0.2")).toBe(404);
    for (const path of ["/", "/stats/", "/stats?x", "/metrics", "/Stats"])
      expect(await status(`GET ${path}`)).toBe(404);
    expect(await status("HEAD /stats")).toBe(501);
    expect((await request(statsPort, "POST /stats HTTP/1.1\r\nContent-Length: 0\r\n\r\n")).status).toBe(501);
    expect(await canConnect(statsPort, "127.0.0.2")).toBe(false);
  });

  test("are not there without --http-stats, whatever -p says", async () => {
    const statsPort = await freePort();
    await startProxy(proxy, { home, args: keyArgs(key), statistics: ["-p", String(statsPort)] });
    expect(await canConnect(statsPort, "127.0.0.1")).toBe(false);
  });

  test("take the first free port of a range, and wrap a port that is too large", async () => {
    const { statsPort: taken } = await start();
    const next = await freePort();
    const wrapped = await startProxy(proxy, { home, statistics: ["-p", String(65_536 + next), "--http-stats"] });
    const range = await startProxy(proxy, { home, statistics: ["-p", `${taken}:${taken + 20}`, "--http-stats"] });
    const chosen = Number(/Started as \[[\d.]+:(\d+):/.exec(range.log())?.[1]);
    expect(chosen).toBeGreaterThan(taken);
    for (const port of [chosen, next]) expect((await request(port, page)).status).toBe(200);
    expect(wrapped.log()).toMatch(new RegExp(`Started as \\[[\\d.]+:${next}:`));
  });

  test("count clients, sockets, sessions and queries apart", async () => {
    const running = await start();
    const clients = [await ask(running), await ask(running), await ask(running)];
    await Promise.all([Wire.open(running.port), Wire.open(running.port)]);
    const stranger = await ProxyClient.connect({ port: running.port, key: randomKey() });
    expect(await stranger.ask(200)).toBe("silent");
    await clients[0]?.ask();
    expect(await running.stats()).toMatchObject({
      total_special_connections: "6",
      active_special_connections: "6",
      ext_connections: "3",
      ext_connections_created: "3",
      tot_forwarded_queries: "4",
      tot_forwarded_responses: "4",
      dropped_queries: "0",
      total_encrypted_connections: String(3 + 4),
    });
    for (const client of clients) client.close();
    await until(async () => (await running.stats()).ext_connections === "0");
    expect(await running.stats()).toMatchObject({ total_special_connections: "3", ext_connections_created: "3" });
  });

  test("count the bytes of all sockets, so clients' bytes twice", async () => {
    const running = await start();
    const bytes = async () => {
      const stats = await running.stats();
      return { received: Number(stats.tcp_readv_bytes), sent: Number(stats.tcp_writev_bytes) };
    };
    const before = await bytes();
    const client = await ask(running);
    for (let count = 0; count < 20; count++) expect(await client.ask()).toBe("answered");
    const after = await bytes();
    const [read, written] = [client.wire.socket.bytesRead, client.wire.socket.bytesWritten];
    expect(after.received - before.received).toBeGreaterThan(read + written);
    expect(after.sent - before.sent).toBeGreaterThan(read + written);
  });

  test("tell which configuration is in use", async () => {
    const running = await start("-P", "ab".repeat(16));
    const config = await readFile(home.configFile);
    expect(await running.stats()).toMatchObject({
      config_filename: home.configFile,
      config_size: String(config.length),
      config_md5: createHash("md5").update(config).digest("hex"),
      proxy_tag_set: "1",
    });
  });

  test("start anew with the process", async () => {
    const before = Math.floor(Date.now() / 1000);
    const running = await start();
    const stats = await running.stats();
    expect(Number(stats.start_time)).toBeGreaterThanOrEqual(before - 1);
    expect(Number(stats.uptime)).toBeLessThan(20);
    expect(stats.ext_connections_created).toBe("0");
    expect(Number(stats.vmrss_bytes)).toBeGreaterThan(1_000_000);
  });

  test("kill the proxy at the first connection when it listens on IPv6", async () => {
    const running = await startProxy(proxy, { home, args: [...keyArgs(key), "-6"], early: true });
    await until(() => canConnect(running.statsPort, "127.0.0.1"));
    expect(await running.ended()).toMatchObject({ code: 1 });
    expect(running.log()).toContain("peer_addrlen == sizeof (struct sockaddr_in6)");
  });
});

function canConnect(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
