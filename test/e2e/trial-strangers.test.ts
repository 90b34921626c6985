import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { buffer } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildClientHello } from "../../src/protocol/client-hello.ts";
import { encodeFrame } from "../../src/protocol/framing.ts";
import { startObfuscated } from "../../src/protocol/obfuscated2.ts";
import { type CoverSite, startCoverSite } from "../support/cover-site.ts";
import { numberedKey } from "../support/domain.ts";
import { type Datacenter, startDatacenter } from "../support/telegram/datacenter.ts";
import { coverDomain, type TrialHome, withTrialHome } from "../support/trial.ts";
import { closed, connectClient, connectRaw } from "../support/trial-client.ts";

const alice = numberedKey(1);
const keys = [{ key: alice.reveal(), holder: "alice" }];

/** A TCP server that says a sentence, keeps what it gets until the end, and answers with the length. */
interface Listener {
  readonly port: number;
  readonly received: Buffer[];
  readonly server: Server;
}

async function startListener(): Promise<Listener> {
  const received: Buffer[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const parts: Buffer[] = [];
    socket.on("error", () => {});
    socket.write("welcome");
    socket.on("data", (part) => parts.push(part));
    socket.on("end", () => {
      received.push(Buffer.concat(parts));
      socket.end(String(Buffer.concat(parts).length));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, received, server };
}

describe("a stranger", () => {
  let telegram: Datacenter;
  let site: CoverSite;
  let listener: Listener;
  beforeAll(async () => {
    [telegram, site, listener] = await Promise.all([startDatacenter(), startCoverSite(), startListener()]);
  });
  afterAll(async () => {
    await Promise.all([telegram.close(), site.close()]);
    listener.server.close();
  });

  const withCover = (port: number, work: (home: TrialHome) => Promise<void>, limits = {}): Promise<void> =>
    withTrialHome(async (home) => {
      const covers = [{ domain: coverDomain, address: `127.0.0.1:${port}` }, { domain: "second.example" }];
      await home.up({ keys, covers, limits, datacenters: { 2: `127.0.0.1:${telegram.port}` } });
      await work(home);
    });

  /** What came back for bytes that are followed by the end of the connection; the listener's view of them is its last. */
  async function visit(port: number, bytes: Uint8Array): Promise<string> {
    const socket = await connectRaw(port, bytes);
    socket.end();
    return (await buffer(socket)).toString("latin1");
  }

  it("who speaks TLS gets the cover site's own certificate and page, whatever name it asks for", () =>
    withCover(site.port, async (home) => {
      for (const servername of [coverDomain, "elsewhere.example"]) {
        const socket = connectTls({ port: home.port, host: "127.0.0.1", servername, rejectUnauthorized: false });
        await once(socket, "secureConnect");
        expect(socket.getPeerCertificate().subject.CN).toBe("cover.example.org");
        socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        expect((await buffer(socket)).toString()).toContain("cover");
      }
    }));

  it.each([
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["an SSH banner of fewer bytes than any handshake", Buffer.from("SSH-2.0-x\r\n")],
    ["a hello that is too short", Buffer.concat([Buffer.from("16030100c8", "hex"), Buffer.alloc(200, 1)])],
    ["a hello that says it is too long", Buffer.concat([Buffer.from("160301ffff", "hex"), Buffer.alloc(300, 1)])],
    ["a hello that is cut off", Buffer.concat([Buffer.from("1603010200", "hex"), Buffer.alloc(100, 1)])],
    ["a hello of zeros", Buffer.concat([Buffer.from("1603010200", "hex"), Buffer.alloc(512)])],
    ["100 kB of noise", Buffer.alloc(100_000, "noise")],
  ])("with %s reaches the cover site byte for byte, and its answer comes back", (_, bytes) =>
    withCover(listener.port, async (home) => {
      expect(await visit(home.port, bytes)).toBe(`welcome${bytes.length}`);
      expect(listener.received.at(-1)).toEqual(bytes);
    }),
  );

  it("with an unknown key, padded or fake-TLS, reaches the cover site byte for byte", () =>
    withCover(listener.port, async (home) => {
      const key = numberedKey(2);
      const { header, session } = startObfuscated({ transport: "padded", datacenter: 2, key });
      const padded = Buffer.concat([header, session.encrypt(encodeFrame("padded", Buffer.alloc(40)))]);
      const unixTime = Math.floor(Date.now() / 1000);
      const { record } = buildClientHello({ size: "long", domain: coverDomain, key, unixTime });
      for (const bytes of [padded, record]) {
        expect(await visit(home.port, bytes)).toBe(`welcome${bytes.length}`);
        expect(listener.received.at(-1)).toEqual(Buffer.from(bytes));
      }
    }));

  it.each([
    ["that was sent before", 0, coverDomain, 1],
    ["from a clock that is 5 s fast", 5, coverDomain, 0],
    ["from a clock that is 11 min slow", -660, coverDomain, 0],
    ["for a name that is not listed", 0, "elsewhere.example", 0],
  ])("with a hello of a live key %s reaches the cover site byte for byte", (_, skew, domain, repeated) =>
    withCover(listener.port, async (home) => {
      const unixTime = Math.floor(Date.now() / 1000) + skew;
      const { record } = buildClientHello({ size: "short", domain, key: alice, unixTime });
      for (let count = 0; count < repeated; count++) {
        const genuine = await connectRaw(home.port, record);
        expect((await once(genuine, "data"))[0].subarray(0, 3)).toEqual(Buffer.from("160303", "hex"));
        genuine.destroy();
      }
      expect(await visit(home.port, record)).toBe(`welcome${record.length}`);
      expect(listener.received.at(-1)).toEqual(Buffer.from(record));
    }),
  );

  it("who says nothing is taken to the cover site when the time for a handshake is over", () =>
    withCover(
      listener.port,
      async (home) => {
        const socket = await connectRaw(home.port);
        expect(String((await once(socket, "data"))[0])).toBe("welcome");
        socket.destroy();
      },
      { handshakeMs: 300 },
    ));

  it("with half a handshake is taken to the cover site, and with half of one after our answer is closed", () =>
    withCover(
      listener.port,
      async (home) => {
        const half = await connectRaw(
          home.port,
          startObfuscated({ transport: "padded", datacenter: 2, key: alice }).header.slice(0, 60),
        );
        expect(String((await once(half, "data"))[0])).toBe("welcome");
        half.destroy();
        const unixTime = Math.floor(Date.now() / 1000);
        const { record } = buildClientHello({ size: "long", domain: coverDomain, key: alice, unixTime });
        const greeted = await connectRaw(home.port, record);
        await once(greeted, "data");
        await closed(greeted, 1_000);
      },
      { handshakeMs: 300 },
    ));

  it("is closed when the cover site is unreachable, while clients are served", () =>
    withCover(1, async (home) => {
      expect(await visit(home.port, Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toBe("");
      const client = await connectClient({ port: home.port, key: alice, hello: "short" });
      await client.ask();
      client.socket.destroy();
    }));

  it("is not led in a circle when the cover site is the proxy itself", () =>
    withTrialHome(async (home) => {
      for (const address of [`127.0.0.1:${home.port}`, `localhost:${home.port}`, `[::1]:${home.port}`]) {
        await home.up({ keys, covers: [{ domain: coverDomain, address }], datacenters: {} });
        const socket = await connectRaw(home.port, Buffer.from("GET / HTTP/1.1\r\n\r\n"));
        await closed(socket);
      }
      expect((await home.engine.stats(1)).openSockets).toBeLessThan(4);
    }));

  it("is not led in a circle by a forwarder that leads back to the proxy", async () => {
    const forwarder = createServer((socket) => {
      passed += 1;
      const back = connectRaw(proxyPort);
      socket.on("error", () => {});
      back.then(
        (other) => socket.pipe(other).pipe(socket),
        () => socket.destroy(),
      );
    });
    let passed = 0;
    let proxyPort = 0;
    await new Promise<void>((resolve) => forwarder.listen(0, "127.0.0.1", resolve));
    const address = forwarder.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    await withCover(
      address.port,
      async (home) => {
        proxyPort = home.port;
        const socket = await connectRaw(home.port, Buffer.from("GET / HTTP/1.1\r\n\r\n"));
        await closed(socket, 10_000);
        expect(passed).toBeLessThan(60);
      },
      { maxGuests: 20 },
    );
    forwarder.close();
  });

  it("hears nothing where there is no cover site, until it is closed", () =>
    withTrialHome(async (home) => {
      await home.up({ keys, covers: [], limits: { handshakeMs: 200, silentMs: 600 }, datacenters: {} });
      const dead = await connectClient({ port: home.port, key: numberedKey(2) });
      dead.send(Buffer.alloc(40));
      const started = performance.now();
      await closed(dead.socket);
      expect(performance.now() - started).toBeGreaterThan(400);
      expect(dead.socket.bytesRead).toBe(0);
    }));
});
