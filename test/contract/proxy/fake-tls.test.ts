import { beforeAll, expect, test } from "vitest";
import {
  connectFakeTls,
  type Greeting,
  greet,
  type HelloOptions,
  makeHello,
  ProxyClient,
  SILENCE_MS,
  Wire,
} from "./support/client.ts";
import { proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeProxies } from "./support/proxies.ts";
import { type RunningProxy, startProxy } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

// Two names that need no DNS and have nobody at port 443, so that strangers are closed instead of shown a site.
const domain = "localhost";
const other = "127.0.0.9";

describeProxies("fake-TLS clients", (proxy) => {
  const [key, second, stranger] = [randomKey(), randomKey(), randomKey()];
  const { hello } = proxy.build;
  let port: number;
  let running: RunningProxy;
  beforeAll(async () => {
    const home = await proxyHome(await telegram());
    const args = [...keyArgs(key, second), "-D", domain, "-D", other];
    running = await startProxy(proxy, { home, args, shared: true });
    await running.ready();
    port = running.port;
  });
  /** How a hello is met; what is not answered by the proxy goes to a cover site that refuses, so it is closed. */
  const meet = async (options: Partial<HelloOptions>): Promise<Greeting> => {
    const whole = { domain, key, ...options };
    return greet(await Wire.open(port), makeHello(whole), whole.key);
  };

  test("are served with any key and any listed domain, the answer signed with their key", async () => {
    for (const options of [
      { key, domain },
      { key: second, domain },
      { key, domain: other },
    ]) {
      const client = await connectFakeTls({ port, ...options });
      expect(await client.ask()).toBe("answered");
      expect(await client.ask()).toBe("answered");
    }
  });

  test("take the same key inside as any other of the proxy's", async () => {
    const wire = await Wire.open(port);
    expect(await greet(wire, makeHello({ domain, key }), key)).toBe("signed");
    expect(await ProxyClient.over(wire, { key: second }, true).ask()).toBe("answered");
  });

  test(`may send a hello of ${hello.minBytes} to ${hello.maxBytes} bytes`, async () => {
    const meets: Record<number, Greeting> = {};
    const sizes = [511, 516, 517, 518, 600, 772, 773, 1000, 1755, 2048, 4096, 4097, 5000];
    for (const size of sizes) meets[size] = await meet({ size });
    const expected = sizes.map((size) => [
      size,
      size >= hello.minBytes && size <= hello.maxBytes ? "signed" : "closed",
    ]);
    expect(meets).toEqual(Object.fromEntries(expected));
  });

  test("of the generation of 2025 are served unless the build is older", async () => {
    expect(await meet({ size: "short" })).toBe("signed");
    expect(await meet({ size: "long" })).toBe(hello.maxBytes > 1700 ? "signed" : "closed");
  });

  test("are refused for a domain that is not listed, byte for byte", async () => {
    expect(await meet({ domain: "example.org" })).toBe("closed");
    expect(await meet({ domain: "LOCALHOST" })).toBe("closed");
    expect(await meet({ domain: "localhost." })).toBe("closed");
  });

  test("are refused with an unknown key", async () => {
    expect(await meet({ key: stranger })).toBe("closed");
  });

  test("are refused when more follows their hello at once", async () => {
    const wire = await Wire.open(port);
    const { record, random } = makeHello({ domain, key });
    expect(await greet(wire, { record: Buffer.concat([record, Buffer.of(0x14)]), random }, key)).toBe("closed");
  });

  test("are refused the second time they send the same hello", async () => {
    const sent = makeHello({ domain, key });
    expect(await greet(await Wire.open(port), sent, key)).toBe("signed");
    expect(await greet(await Wire.open(port), sent, key)).toBe("closed");
    expect(await greet(await Wire.open(port), makeHello({ domain, key }), key)).toBe("signed");
  });

  test("are refused when their clock is more than 3 s ahead or 10 min behind", async () => {
    const meets: Record<number, Greeting> = {};
    for (const ahead of [2, 10, -590, -610]) meets[ahead] = await meet({ ahead });
    expect(meets).toEqual({ 2: "signed", 10: "closed", "-590": "signed", "-610": "closed" });
  });

  test("are refused when they are classic inside the TLS", async () => {
    const wire = await Wire.open(port);
    expect(await greet(wire, makeHello({ domain, key }), key)).toBe("signed");
    const classic = ProxyClient.over(wire, { key, transport: "intermediate" }, true);
    expect(await classic.ask()).toBe("closed");
  });

  test("close at once for a live key that sends an invalid frame", async () => {
    const client = await connectFakeTls({ port, key, domain });
    expect(await client.ask()).toBe("answered");
    client.sendInvalidFrame();
    expect(await client.wire.closing(1000)).toBeDefined();
  });

  test("are the only ones served: plain and padded ones are handed to the site", async () => {
    for (const transport of ["padded", "intermediate", "abridged"] as const) {
      expect(await (await ProxyClient.connect({ port, key, transport })).ask()).toBe("closed");
    }
    expect(running.log()).not.toContain("Assertion");
  });

  test("may send their hello in pieces", async () => {
    const wire = await Wire.open(port);
    const { record, random } = makeHello({ domain, key });
    wire.send(record.subarray(0, 5));
    expect(await wire.hear(SILENCE_MS)).toBe("silent");
    expect(await greet(wire, { record: record.subarray(5), random }, key)).toBe("signed");
  });
});
