import { beforeAll, expect, test } from "vitest";
import { greet, makeHello, ProxyClient, Wire } from "./support/client.ts";
import { type ProxyHome, proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeAnyProxy } from "./support/proxies.ts";
import { type RunningProxy, startProxy, until } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

describeAnyProxy("workers", (proxy) => {
  const key = randomKey();
  let home: ProxyHome;
  beforeAll(async () => {
    home = await proxyHome(await telegram());
  });
  const start = async (workers: number, ...args: string[]): Promise<RunningProxy> => {
    const running = await startProxy(proxy, { home, args: [...keyArgs(key), "-M", String(workers), ...args] });
    await running.ready(Math.max(1, workers));
    return running;
  };

  test("each have their own targets and limits; the page tells the sum", async () => {
    const running = await start(2, "-C", "7");
    expect(await running.stats()).toMatchObject({
      workers: "2",
      total_ready_targets: "2",
      total_declared_targets: "2",
      ready_targets: "1",
      total_max_special_connections: "14",
    });
    expect(running.log()).toContain("creating 2 workers\n");
  });

  test("serve clients, whose number is a sum and whose bytes nobody counts", async () => {
    const running = await start(1);
    const bytes = async (): Promise<number> => Number((await running.stats()).tcp_readv_bytes);
    const clients = [];
    while (clients.length < 3) clients.push(await ProxyClient.connect({ port: running.port, key }));
    for (const client of clients) expect(await client.ask()).toBe("answered");
    await until(async () => (await running.stats()).ext_connections === "3");
    expect(await running.stats()).toMatchObject({
      total_special_connections: "3",
      active_special_connections: "0",
      tot_forwarded_queries: "3",
    });
    const before = await bytes();
    for (let count = 0; count < 50; count++) await clients[0]?.ask();
    // What grows is the page's own request and pings to Telegram, less than the 50 questions.
    expect((await bytes()) - before).toBeLessThan(50 * 100);
  });

  test("do not tell each other of hellos, so that a replayed one is taken more than once", async () => {
    const { port } = await start(4, "-D", "localhost");
    const hello = makeHello({ domain: "localhost", key });
    let signed = 0;
    // Which worker accepts is a race, which the same one may win many times.
    for (let count = 0; count < 200 && signed < 2; count++) {
      if ((await greet(await Wire.open(port), hello, key)) === "signed") signed++;
    }
    expect(signed).toBe(2);
  });

  test("end with the master", async () => {
    const running = await start(2);
    expect(await running.end()).toMatchObject({ code: 0, signal: null });
    await expect(Wire.open(running.port)).rejects.toThrow();
  });
});
