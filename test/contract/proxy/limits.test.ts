import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { ProxyClient, SILENCE_MS, Wire } from "./support/client.ts";
import { type ProxyHome, proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeAnyProxy } from "./support/proxies.ts";
import { startProxy, until } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

describeAnyProxy("limits", (proxy) => {
  const key = randomKey();
  let home: ProxyHome;
  beforeAll(async () => {
    home = await proxyHome(await telegram());
  });

  test("-C: one client more is connected and gets no answer until another one leaves", async () => {
    const running = await startProxy(proxy, { home, args: [...keyArgs(key), "-C", "3"] });
    await running.ready();
    const clients: ProxyClient[] = [];
    while (clients.length < 3) clients.push(await ProxyClient.connect({ port: running.port, key }));
    for (const client of clients) expect(await client.ask()).toBe("answered");
    const late = await ProxyClient.connect({ port: running.port, key });
    expect(await late.ask(SILENCE_MS)).toBe("silent");
    expect(await running.stats()).toMatchObject({ total_special_connections: "3", total_max_special_connections: "3" });
    clients[0]?.close();
    expect(await late.ask()).toBe("answered");
  });

  test("-c: connections beyond it are closed at once, those to /stats too", async () => {
    const running = await startProxy(proxy, { home, args: keyArgs(key), connections: 40 });
    await running.ready();
    const wires: Wire[] = [];
    while (wires.length < 60) wires.push(await Wire.open(running.port));
    await until(() => wires.some(({ isClosed }) => isClosed));
    await sleep(SILENCE_MS);
    const open = wires.filter(({ isClosed }) => !isClosed);
    expect(open.length).toBeGreaterThan(15);
    expect(open.length).toBeLessThan(40);
    await expect(running.stats()).rejects.toThrow();
    for (const wire of wires) wire.socket.destroy();
    await until(() =>
      running.stats().then(
        () => true,
        () => false,
      ),
    );
    const failed = (await running.stats()).total_accept_connections_failed?.split(" ").map(Number) ?? [];
    expect(failed[2]).toBeGreaterThan(0);
  });

  test("-c: tells by max_connections what was asked for", async () => {
    const running = await startProxy(proxy, { home, args: keyArgs(key), connections: 123 });
    expect(await running.stats()).toMatchObject({ max_connections: "123", max_special_connections: "123" });
  });

  test("--max-accept-rate: connections beyond it are closed at once and counted", async () => {
    const running = await startProxy(proxy, { home, args: [...keyArgs(key), "--max-accept-rate", "5"], early: true });
    await until(() => running.log().includes("main loop"));
    await sleep(1500);
    const wires = await Promise.all(Array.from({ length: 30 }, () => Wire.open(running.port)));
    await until(() => wires.some(({ isClosed }) => isClosed));
    await sleep(SILENCE_MS);
    const open = wires.filter(({ isClosed }) => !isClosed).length;
    expect(open).toBeGreaterThan(0);
    expect(open).toBeLessThan(20);
  });
});
