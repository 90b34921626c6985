import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { encodeFrame } from "../../../src/protocol/framing.ts";
import { reqPqMulti } from "../../../src/protocol/handshake-messages.ts";
import { ProxyClient, SILENCE_MS } from "./support/client.ts";
import { proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeAnyProxy } from "./support/proxies.ts";
import { startProxy, until } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

const key = randomKey();
/** Time in which a proxy that can be ready is, many times over. */
const LONG_ENOUGH_MS = 1500;

describeAnyProxy("Telegram's side", (proxy) => {
  test("becomes ready with every distinct target, four connections to each", async () => {
    const middle = await telegram({ targets: 3 });
    const running = await startProxy(proxy, { home: await proxyHome(middle), args: keyArgs(key) });
    await running.ready(3);
    await until(async () => (await running.stats()).ready_outbound_connections === "12");
    expect(middle.readyLinks).toBe(12);
    expect(await running.stats()).toMatchObject({
      total_declared_targets: "3",
      total_ready_targets: "3",
      config_auth_clusters: "10",
    });
  });

  test("is never ready behind a NAT that it was not told of, and says nothing of it", async () => {
    // Not at the proxy's own address: a rule translates both ends.
    const middle = await telegram({ host: "127.0.0.2", seesProxyAs: "203.0.113.7" });
    const home = await proxyHome(middle);
    const untold = await startProxy(proxy, { home, args: keyArgs(key) });
    const mistold = await startProxy(proxy, { home, args: [...keyArgs(key), "--nat-info", "127.0.0.1:203.0.113.8"] });
    const before = untold.log();
    await sleep(LONG_ENOUGH_MS);
    for (const running of [untold, mistold]) {
      expect(await running.stats()).toMatchObject({ total_ready_targets: "0", total_connect_failures: "0" });
    }
    expect(untold.log()).toBe(before);
    const told = await startProxy(proxy, { home, args: [...keyArgs(key), "--nat-info", "127.0.0.1:203.0.113.7"] });
    await told.ready();
    const client = await ProxyClient.connect({ port: told.port, key });
    expect(await client.ask()).toBe("answered");
    expect(middle.requests.at(-1)?.proxy).toBe("203.0.113.7");
  });

  test("is never ready with another proxy-secret", async () => {
    const middle = await telegram();
    const other = await telegram();
    const home = await proxyHome(other, middle.proxyMultiConf());
    const running = await startProxy(proxy, { home, args: keyArgs(key) });
    await sleep(LONG_ENOUGH_MS);
    expect(await running.stats()).toMatchObject({ total_ready_targets: "0" });
    expect(middle.readyLinks).toBe(0);
  });

  test("passes on who the client is and the tag, in every query", async () => {
    const middle = await telegram();
    const home = await proxyHome(middle);
    const tag = "0123456789abcdef".repeat(2);
    const tagged = await startProxy(proxy, { home, args: [...keyArgs(key), "-P", tag] });
    const plain = await startProxy(proxy, { home, args: keyArgs(key) });
    await Promise.all([tagged.ready(), plain.ready()]);
    const client = await ProxyClient.connect({ port: tagged.port, key, from: "127.0.0.5" });
    expect(await client.ask()).toBe("answered");
    expect(await client.ask()).toBe("answered");
    const { localPort } = client.wire.socket;
    expect(middle.requests).toHaveLength(2);
    for (const request of middle.requests) {
      expect(request).toMatchObject({ tag, client: "127.0.0.5", clientPort: localPort, proxyPort: tagged.port });
    }
    const untagged = await ProxyClient.connect({ port: plain.port, key });
    expect(await untagged.ask()).toBe("answered");
    expect(middle.requests.at(-1)).not.toHaveProperty("tag");
    expect(await tagged.stats()).toMatchObject({ proxy_tag_set: "1" });
    expect(await plain.stats()).toMatchObject({ proxy_tag_set: "0" });
  });

  test("asks the datacenter that the client names, and the default one for those it does not know", async () => {
    const first = await telegram();
    const second = await telegram({ secret: first.proxySecret });
    const config = `default 2;\nproxy_for 1 127.0.0.1:${first.port};\nproxy_for 2 127.0.0.1:${second.port};\n`;
    const running = await startProxy(proxy, { home: await proxyHome(first, config), args: keyArgs(key) });
    await running.ready(2);
    const counts = async (datacenter: number): Promise<[number, number]> => {
      const before = [first.requests.length, second.requests.length] as const;
      const client = await ProxyClient.connect({ port: running.port, key, datacenter });
      expect(await client.ask()).toBe("answered");
      return [first.requests.length - before[0], second.requests.length - before[1]];
    };
    expect(await counts(1)).toEqual([1, 0]);
    expect(await counts(2)).toEqual([0, 1]);
    for (const unlisted of [6, -1, 203, 10_002, 0]) expect(await counts(unlisted)).toEqual([0, 1]);
  });

  test("forwards messages under any key from 56 bytes on and four questions without one; drops the rest in silence", async () => {
    const middle = await telegram();
    const running = await startProxy(proxy, { home: await proxyHome(middle), args: keyArgs(key) });
    await running.ready();
    // Not padded: padding counts as part of the message.
    const client = await ProxyClient.connect({ port: running.port, key, transport: "intermediate" });
    const keyless = (question: number): Buffer => {
      const message = Buffer.from(reqPqMulti(Buffer.alloc(16), Date.now()));
      message.writeUInt32LE(question, 20);
      return message;
    };
    const dropped = [Buffer.alloc(52, 7), keyless(0x12345678), Buffer.alloc(24), reqPqMulti(new Uint8Array(8), 0)];
    const forwarded = [Buffer.alloc(56, 7), ...[0x60469778, 0xbe7e8ef1, 0xd712e4be, 0xf5045f1f].map(keyless)];
    for (const message of [...dropped, ...forwarded]) client.send(encodeFrame("intermediate", message));
    await until(() => middle.requests.length >= forwarded.length);
    expect(middle.requests.map(({ message }) => message)).toEqual(forwarded);
    expect(await running.stats()).toMatchObject({ tot_forwarded_queries: String(forwarded.length) });
  });

  test("drops queries for an unlisted datacenter in silence when the default one is not listed either", async () => {
    const middle = await telegram();
    const home = await proxyHome(middle, `default 9;\nproxy_for 1 127.0.0.1:${middle.port};\n`);
    const running = await startProxy(proxy, { home, args: keyArgs(key) });
    await running.ready();
    const client = await ProxyClient.connect({ port: running.port, key, datacenter: 2 });
    expect(await client.ask(SILENCE_MS)).toBe("silent");
    expect(await running.stats()).toMatchObject({ dropped_queries: "1" });
    const known = await ProxyClient.connect({ port: running.port, key, datacenter: 1 });
    expect(await known.ask()).toBe("answered");
  });

  test("cuts its clients off when Telegram goes, and is ready again when it comes back", async () => {
    const middle = await telegram();
    const running = await startProxy(proxy, { home: await proxyHome(middle), args: keyArgs(key) });
    await running.ready();
    const client = await ProxyClient.connect({ port: running.port, key });
    expect(await client.ask()).toBe("answered");
    const logged = running.log();
    await middle.close();
    expect(await client.wire.closing(5000)).toBeDefined();
    await until(async () => (await running.stats()).total_ready_targets === "0");
    expect(running.log()).toBe(logged);
    await middle.reopen();
    await running.ready();
    const later = await ProxyClient.connect({ port: running.port, key });
    expect(await later.ask()).toBe("answered");
  });

  test("cuts a client off when Telegram says so, and says when a client has gone", async () => {
    const middle = await telegram();
    const running = await startProxy(proxy, { home: await proxyHome(middle), args: keyArgs(key) });
    await running.ready();
    const leaving = await ProxyClient.connect({ port: running.port, key });
    expect(await leaving.ask()).toBe("answered");
    leaving.close();
    await until(() => middle.goneClients === 1);
    const client = await ProxyClient.connect({ port: running.port, key });
    expect(await client.ask()).toBe("answered");
    const last = middle.requests.at(-1);
    if (last !== undefined) middle.cutOff(last);
    expect(await client.wire.closing(5000)).toBeDefined();
  });

  test("drops the first query of a client that comes too early and closes at the next one", async () => {
    const middle = await telegram();
    await middle.close();
    const running = await startProxy(proxy, { home: await proxyHome(middle), args: keyArgs(key) });
    const client = await ProxyClient.connect({ port: running.port, key });
    expect(await client.ask(SILENCE_MS)).toBe("silent");
    expect(await running.stats()).toMatchObject({ total_ready_targets: "0", dropped_queries: "1" });
    expect(Number((await running.stats()).total_connect_failures)).toBeGreaterThan(0);
    await middle.reopen();
    await running.ready();
    expect(await client.ask()).toBe("closed");
  });
});
