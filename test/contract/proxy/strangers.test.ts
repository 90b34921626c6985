import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerShape } from "../../../src/protocol/server-hello.ts";
import { type CoverSite, startCoverSite } from "../../support/cover-site.ts";
import { isRoot } from "../../support/machine.mts";
import { SERVER_HELLO_BYTES } from "../../support/server-hello-bytes.ts";
import { connectFakeTls, makeHello, ProxyClient, Wire } from "./support/client.ts";
import { proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeAnyProxy } from "./support/proxies.ts";
import { type RunningProxy, startProxy, until } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

const [first, second] = ["127.0.0.21", "127.0.0.22"];
const CHANGE_CIPHER_SPEC_AND_HEADER = 6 + 5;

/** A proxy looks for a cover site on port 443, where only root may listen. */
describe.runIf(isRoot)("with cover sites", () => {
  describeAnyProxy("strangers at a fake-TLS proxy", (proxy) => {
    const key = randomKey();
    let sites: CoverSite[];
    let running: RunningProxy;
    beforeAll(async () => {
      const ciphers = "TLS_AES_128_GCM_SHA256";
      sites = await Promise.all([first, second].map((host) => startCoverSite({ host, port: 443, ciphers })));
      const args = [...keyArgs(key), "-D", first, "-D", second];
      running = await startProxy(proxy, { home: await proxyHome(await telegram()), args, shared: true });
      await running.ready();
    });
    afterAll(() => Promise.all((sites ?? []).map((site) => site.close())));
    const connections = (index: number): number => sites[index]?.stats.connections ?? 0;

    test("are not yet there at the start: the proxy itself tries each site 20 times", () => {
      expect([connections(0), connections(1)]).toEqual([20, 20]);
      for (const domain of [first, second]) {
        expect(running.log()).toMatch(new RegExp(`Successfully checked domain ${domain} in \\d+\\.\\d{3} seconds`));
      }
    });

    test("see the site of the first domain, byte for byte, whatever name they ask for", async () => {
      const before = connections(0);
      expect(await visit(running.port, "cover.example.org")).toMatch(/cover$/);
      expect(await visit(running.port, "unknown.example.org")).toMatch(/cover$/);
      expect(connections(0)).toBe(before + 2);
    });

    test("with a listed domain and no key see that domain's site", async () => {
      const [one, two] = [connections(0), connections(1)];
      const wire = await Wire.open(running.port);
      wire.send(makeHello({ domain: second, key: randomKey() }).record);
      expect(await wire.hear(10_000)).toBe("bytes");
      expect([connections(0), connections(1)]).toEqual([one, two + 1]);
    });

    test("with a replayed hello see the site", async () => {
      const hello = makeHello({ domain: second, key });
      const [client, replay] = [await Wire.open(running.port), await Wire.open(running.port)];
      client.send(hello.record);
      expect(await client.hear(10_000)).toBe("bytes");
      const before = connections(1);
      replay.send(hello.record);
      expect(await replay.hear(10_000)).toBe("bytes");
      expect(connections(1)).toBe(before + 1);
    });

    test("that speak something else are handed to the site too, padded clients among them", async () => {
      const before = connections(0);
      const client = await ProxyClient.connect({ port: running.port, key });
      expect(await client.ask()).not.toBe("answered");
      await until(() => connections(0) === before + 1);
    });

    test("that say nothing are handed to the site after 10 s", async () => {
      const before = connections(0);
      const since = performance.now();
      await Wire.open(running.port);
      await until(() => connections(0) > before, 30_000);
      expect(performance.now() - since).toBeGreaterThan(9000);
      expect(performance.now() - since).toBeLessThan(20_000);
    });

    test("cannot tell the proxy's own answer from the site's by its size", async () => {
      const wire = await Wire.open(running.port);
      wire.send(makeHello({ domain: first, key }).record);
      const own = await answerBytes(wire);
      const site = await answerBytes(await stranger(running.port));
      expect(Math.abs(own - site)).toBeLessThanOrEqual(3);
    });

    test("do not keep clients from being served", async () => {
      const client = await connectFakeTls({ port: running.port, key, domain: second });
      expect(await client.ask()).toBe("answered");
    });
  });
});

/** A browser's visit: what the site sends. */
function visit(port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let page = "";
    const raw = connect({ port, host: "127.0.0.1" });
    const socket = connectTls({ socket: raw, servername, rejectUnauthorized: false }, () => {
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    });
    socket.on("data", (chunk) => {
      page += chunk.toString();
    });
    socket.on("end", () => resolve(page));
    socket.on("error", reject);
  });
}

async function stranger(port: number): Promise<Wire> {
  const wire = await Wire.open(port);
  wire.send(makeHello({ domain: first, key: randomKey() }).record);
  return wire;
}

/** Size of the first encrypted record that comes back. */
async function answerBytes(wire: Wire): Promise<number> {
  let received = new Uint8Array(0);
  for (;;) {
    if ((await wire.hear(10_000)) !== "bytes") throw new Error("no answer came");
    received = Buffer.concat([received, wire.take()]);
    const shape = answerShape(received);
    if (shape.state === "complete") return shape.length - SERVER_HELLO_BYTES - CHANGE_CIPHER_SPEC_AND_HEADER;
    if (shape.state === "other") throw new Error("that is no TLS 1.3 answer");
  }
}
