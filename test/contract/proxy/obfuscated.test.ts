import { beforeAll, expect, test } from "vitest";
import { type Transport, transports } from "../../../src/protocol/transport.ts";
import { greet, makeHello, ProxyClient, SILENCE_MS, Wire } from "./support/client.ts";
import { type ProxyHome, proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeAnyProxy } from "./support/proxies.ts";
import { startProxy } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

/** A live key closes the connection within some 3 ms of an invalid frame; this allows for a busy machine. */
const AT_ONCE_MS = 1000;

describeAnyProxy("plain and padded clients", (proxy) => {
  const keys = Array.from({ length: 16 }, randomKey);
  const [first = randomKey(), , , last = randomKey()] = [keys[0], keys[1], keys[2], keys[15]];
  const stranger = randomKey();
  let home: ProxyHome;
  beforeAll(async () => {
    home = await proxyHome(await telegram());
  });
  const start = async (...args: string[]) => {
    const running = await startProxy(proxy, { home, args });
    await running.ready();
    return running;
  };

  test("are served in every transport with every one of 16 keys", async () => {
    const { port } = await start(...keyArgs(...keys));
    for (const key of keys) {
      const client = await ProxyClient.connect({ port, key });
      expect(await client.ask()).toBe("answered");
      client.close();
    }
    for (const transport of transports) {
      for (const key of [first, last]) {
        const client = await ProxyClient.connect({ port, key, transport });
        expect({ transport, outcome: await client.ask() }).toEqual({ transport, outcome: "answered" });
        expect(await client.ask()).toBe("answered");
      }
    }
  });

  test("are left hanging with an unknown key, whatever they send, and the others notice nothing", async () => {
    const { port } = await start(...keyArgs(first));
    const clients = await Promise.all(
      transports.map((transport) => ProxyClient.connect({ port, key: stranger, transport })),
    );
    const outcomes = await Promise.all(clients.map((client) => client.ask(SILENCE_MS)));
    expect(outcomes).toEqual(["silent", "silent", "silent"]);
    for (const client of clients) client.sendInvalidFrame();
    expect(await Promise.all(clients.map(({ wire }) => wire.closing(AT_ONCE_MS)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const known = await ProxyClient.connect({ port, key: first });
    expect(await known.ask()).toBe("answered");
  });

  test("tell a live key from a dead one by an invalid frame, even while Telegram is away", async () => {
    const middle = await telegram();
    await middle.close();
    const { port } = await startProxy(proxy, { home: await proxyHome(middle), args: keyArgs(first) });
    for (const transport of ["intermediate", "padded"] as const) {
      const live = await ProxyClient.connect({ port, key: first, transport });
      const dead = await ProxyClient.connect({ port, key: stranger, transport });
      expect(await live.ask(SILENCE_MS)).toBe("silent");
      expect(await dead.ask(SILENCE_MS)).toBe("silent");
      live.sendInvalidFrame();
      dead.sendInvalidFrame();
      expect(await live.wire.closing(AT_ONCE_MS)).toBeLessThan(AT_ONCE_MS);
      expect(await dead.wire.closing(AT_ONCE_MS)).toBeUndefined();
    }
  });

  test("use any key, and none, on a proxy that was given none", async () => {
    const { port } = await start();
    for (const transport of transports) {
      const client = await ProxyClient.connect({ port, transport });
      expect({ transport, outcome: await client.ask() }).toEqual({ transport, outcome: "answered" });
    }
    const withKey = await ProxyClient.connect({ port, key: first });
    expect(await withKey.ask(SILENCE_MS)).toBe("silent");
  });

  test("keep their connection when they say nothing, little or nonsense", async () => {
    const { port } = await start(...keyArgs(first));
    const wires = await Promise.all([Wire.open(port), Wire.open(port), Wire.open(port)]);
    wires[1]?.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    wires[2]?.send(Buffer.alloc(4096, 0x55));
    expect(await Promise.all(wires.map((wire) => wire.hear()))).toEqual(["silent", "silent", "silent"]);
  });

  test("get no answer to a fake-TLS hello", async () => {
    const { port } = await start(...keyArgs(first));
    const wire = await Wire.open(port);
    const hello = makeHello({ domain: "localhost", key: first });
    expect(await greet(wire, hello, first, SILENCE_MS)).toBe("silent");
  });

  test("are served through IPv6 and IPv4 with -6", async () => {
    const { port, ended } = await startProxy(proxy, { home, args: [...keyArgs(first), "-6"], early: true });
    void ended;
    const ask = async (host: string): Promise<string> =>
      ProxyClient.connect({ port, key: first, host }).then(
        (client) => client.ask(SILENCE_MS),
        () => "refused",
      );
    await expect.poll(() => ask("127.0.0.1"), { timeout: 20_000 }).toBe("answered");
    expect(await ask("::1")).toBe("answered");
  });

  if (proxy.build.hasPaddedOnly) {
    test("are served with -R only if padded; the others are left hanging", async () => {
      const { port } = await start(...keyArgs(first), "-R");
      const ask = async (transport: Transport, timeoutMs?: number) =>
        (await ProxyClient.connect({ port, key: first, transport })).ask(timeoutMs);
      expect(await ask("padded")).toBe("answered");
      expect(await ask("intermediate", SILENCE_MS)).toBe("silent");
      expect(await ask("abridged", SILENCE_MS)).toBe("silent");
    });
  }
});
