import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Key } from "../../../src/domain/key.ts";
import { type Link, tgLink } from "../../../src/domain/link.ts";
import { type Mode, makeSecret } from "../../../src/domain/secret.ts";
import { probeLink } from "../../../src/host/link-probe.ts";
import type { LinkFault, LinkProbeResult, ProbeOptions } from "../../../src/ports.ts";
import { encodeFrame } from "../../../src/protocol/framing.ts";

import { helloLimits } from "../../../src/protocol/hello-identity.ts";
import { coverDomain, startCoverSite } from "../../support/cover-site.ts";
import { watch, withProgram } from "../../support/run-source.ts";
import { startDatacenter } from "../../support/telegram/datacenter.ts";
import { resPq, transportError } from "../../support/telegram/server-messages.ts";
import {
  type ProxiedLine,
  startTinyProxy,
  type TinyProxy,
  type TinyProxyOptions,
} from "../../support/telegram/tiny-proxy.ts";

const key = Key.parse("00112233445566778899aabbccddeeff");
const stranger = Key.parse("ffeeddccbbaa99887766554433221100");
const domains = [coverDomain];
const bareModes: readonly Mode[] = ["plain", "padded"];

const closers: (() => Promise<unknown>)[] = [];
const proxies: TinyProxy[] = [];

afterEach(async () => {
  // Whatever a test was about: a probe that is over has no connection left.
  await expect.poll(() => proxies.map((proxy) => proxy.stats.open)).toEqual(proxies.map(() => 0));
  proxies.length = 0;
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function startProxy(options: Partial<TinyProxyOptions> = {}): Promise<TinyProxy> {
  const proxy = await startTinyProxy({ keys: [key], ...options });
  proxies.push(proxy);
  closers.push(proxy.close);
  return proxy;
}

async function startTelegram(options = {}) {
  const datacenter = await startDatacenter(options);
  closers.push(datacenter.close);
  return datacenter;
}

/** A server that does `serve` with each connection. */
async function startServer(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    serve(socket.resume());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  closers.push(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { host: "127.0.0.1", port: address.port, sockets };
}

function linkTo(server: { host: string; port: number }, mode: Mode, secretKey = key): Link {
  return { server: server.host, port: server.port, secret: makeSecret(mode, secretKey, coverDomain) };
}

/** Probes, and sees to it that no key is in what comes back. */
async function probe(link: Link, options: ProbeOptions = {}): Promise<LinkProbeResult> {
  const result = await probeLink(link, { timeoutMs: 2000, ...options });
  expect(JSON.stringify(result)).not.toContain(link.secret.key.reveal());
  for (const attempt of result.attempts) {
    expect(attempt.ok).toBe(attempt.fault === undefined);
    expect(attempt.reason === undefined).toBe(attempt.ok);
    expect(attempt.milliseconds).toBeGreaterThanOrEqual(0);
  }
  return result;
}

const faults = ({ attempts }: LinkProbeResult): (LinkFault | "ok")[] => attempts.map(({ fault }) => fault ?? "ok");

describe("a link that works", () => {
  it.each(bareModes)("is proved with one handshake when it is %s", async (mode) => {
    const telegram = await startTelegram();
    const result = await probe(linkTo(await startProxy({ upstream: telegram }), mode));
    expect(result.attempts).toMatchObject([{ ok: true }]);
    expect(result.attempts[0]).not.toHaveProperty("hello");
    expect(telegram.stats).toMatchObject({ answered: 1, connections: 1 });
  });

  it("is proved with both hello sizes when it is fake-TLS", async () => {
    const telegram = await startTelegram();
    const result = await probe(linkTo(await startProxy({ upstream: telegram, domains }), "fake-tls"));
    expect(result.attempts).toMatchObject([
      { hello: "short", ok: true },
      { hello: "long", ok: true },
    ]);
    expect(telegram.stats.answered).toBe(2);
  });

  it("is proved at an IPv6 address, by name, and at another place than it says", async () => {
    const telegram = await startTelegram();
    const six = await startProxy({ upstream: telegram, host: "::1" });
    const four = await startProxy({ upstream: telegram });
    expect(faults(await probe(linkTo(six, "padded")))).toEqual(["ok"]);
    expect(faults(await probe(linkTo({ host: "localhost", port: four.port }, "padded")))).toEqual(["ok"]);
    const elsewhere = linkTo({ host: "192.0.2.1", port: 9 }, "padded");
    expect(faults(await probe(elsewhere, { via: four }))).toEqual(["ok"]);
  });

  it("asks for datacenter 2 unless told otherwise", async () => {
    const telegram = await startTelegram();
    const proxy = await startProxy({ upstream: telegram });
    await probe(linkTo(proxy, "padded"));
    await probe(linkTo(proxy, "padded"), { datacenter: -4 });
    expect(telegram.stats.datacenters).toEqual([2, -4]);
  });

  it.each<Mode>(["plain", "padded", "fake-tls"])(
    "is proved although everything comes byte by byte (%s)",
    async (mode) => {
      const upstream = await startTelegram();
      const proxy = await startProxy({ upstream, ...(mode === "fake-tls" ? { domains } : {}) });
      const relay = await startServer((socket) => {
        const onward = connect(proxy.port, proxy.host);
        socket.setNoDelay(true).on("data", (data) => onward.write(data));
        onward.on("data", async (data) => {
          onward.pause();
          for (const byte of data) await new Promise((sent) => socket.write(Uint8Array.of(byte), sent));
          onward.resume();
        });
        socket.once("close", () => onward.destroy());
      });
      expect(new Set(faults(await probe(linkTo(relay, mode), { timeoutMs: 10_000 })))).toEqual(new Set(["ok"]));
    },
  );

  it("is proved among fifteen other keys, and fifty times at once", async () => {
    const telegram = await startTelegram();
    const others = Array.from({ length: 15 }, () => Key.fromBytes(randomBytes(16)));
    const proxy = await startProxy({ upstream: telegram, keys: [...others, key], domains });
    const results = await Promise.all(
      Array.from({ length: 50 }, () => probe(linkTo(proxy, "fake-tls"), { timeoutMs: 10_000 })),
    );
    expect(new Set(results.flatMap(faults))).toEqual(new Set(["ok"]));
  });
});

/** A `resPQ` for a nonce that nobody asked with, one byte a packet. */
function answerSlowly({ session, send }: ProxiedLine): void {
  const answer = resPq(
    { nonce: randomBytes(16), serverNonce: randomBytes(16), pq: Uint8Array.of(15), fingerprints: [] },
    0,
  );
  const bytes = session.encrypt(encodeFrame(session.transport, answer));
  let at = 0;
  const timer = setInterval(() => {
    if (at >= bytes.length) return clearInterval(timer);
    send(bytes.subarray(at, ++at));
  }, 1);
}

describe("a server that cannot be reached", () => {
  const everyMode: readonly Mode[] = [...bareModes, "fake-tls"];

  it.each(everyMode)("has its port closed (%s)", async (mode) => {
    const { port, host } = await startServer(() => {});
    await Promise.all(closers.splice(0).map((close) => close()));
    const result = await probe(linkTo({ host, port }, mode));
    expect(new Set(faults(result))).toEqual(new Set(["port-closed"]));
    expect(result.attempts[0]?.reason).toContain(`127.0.0.1:${port}`);
  });

  it.each(everyMode)("has a name without an address (%s)", async (mode) => {
    // No resolver is asked for a label of more than 63 letters.
    const result = await probe(linkTo({ host: `${"a".repeat(64)}.example`, port: 443 }, mode));
    expect(new Set(faults(result))).toEqual(new Set(["unresolved"]));
  });

  it("takes no connection: a firewall drops the packets, or its queue is full", async () => {
    const full = await startFullServer();
    const started = performance.now();
    expect(faults(await probe(linkTo(full, "padded"), { timeoutMs: 500 }))).toEqual(["timeout"]);
    expect(faults(await probe(linkTo(full, "fake-tls"), { timeoutMs: 500 }))).toEqual(["timeout", "timeout"]);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

/** Listens, accepts nobody, and has its queue of waiting connections full: the kernel then drops what comes. */
async function startFullServer(): Promise<{ host: string; port: number }> {
  const script = `const s = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("node:fs").writeSync(1, String(s.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
  });`;
  const child: ChildProcess = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const waiting: Socket[] = [];
  closers.push(async () => {
    for (const socket of waiting) socket.destroy();
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  if (child.stdout === null) throw new Error("no output");
  const [text] = await once(child.stdout, "data");
  const port = Number(String(text));
  for (let taken = true; taken; ) {
    const socket = connect(port, "127.0.0.1");
    waiting.push(socket.on("error", () => {}));
    taken = await Promise.race([
      once(socket, "connect").then(() => true),
      new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
    ]);
  }
  return { host: "127.0.0.1", port };
}

describe("a key that is not live", () => {
  it.each(bareModes)("is found by silence that an impossible frame does not end (%s)", async (mode) => {
    const proxy = await startProxy({ upstream: await startTelegram() });
    const result = await probe(linkTo(proxy, mode, stranger), { timeoutMs: 600 });
    expect(faults(result)).toEqual(["key-not-live"]);
    expect(result.attempts[0]?.milliseconds).toBeLessThan(2000);
  });

  it("is found long before the time is up, and a slow upstream keeps its time", async () => {
    const dead = await startProxy({ upstream: await startTelegram() });
    const slow = await startProxy({ upstream: await startTelegram({ delayMs: 4000 }) });
    const [first, second] = await Promise.all([
      probe(linkTo(dead, "padded", stranger), { timeoutMs: 10_000 }),
      probe(linkTo(slow, "padded"), { timeoutMs: 10_000 }),
    ]);
    expect(first.attempts[0]?.milliseconds).toBeLessThan(6000);
    expect(faults(first)).toEqual(["key-not-live"]);
    expect(faults(second)).toEqual(["ok"]);
  });

  it.each(bareModes)("is found when the connection is closed or a cover site answers (%s)", async (mode) => {
    const site = await startCoverSite();
    closers.push(site.close);
    for (const cover of [undefined, site]) {
      const proxy = await startProxy({ domains, ...(cover === undefined ? {} : { cover }) });
      expect(faults(await probe(linkTo(proxy, mode), { timeoutMs: 600 }))).toEqual(["key-not-live"]);
    }
  });

  it("is found when a fake-TLS hello is answered by a real cover site", async () => {
    const site = await startCoverSite();
    closers.push(site.close);
    const proxy = await startProxy({ domains, cover: site });
    const result = await probe(linkTo(proxy, "fake-tls", stranger));
    expect(faults(result)).toEqual(["key-not-live", "key-not-live"]);
    expect(result.attempts[0]?.reason).toContain("cover site");
  });

  it("is found when a fake-TLS hello is answered with a close, or never", async () => {
    const closing = await startProxy({ domains });
    expect(faults(await probe(linkTo(closing, "fake-tls", stranger)))).toEqual(["key-not-live", "key-not-live"]);
    const bare = await startProxy();
    const silent = await probe(linkTo(bare, "fake-tls"), { timeoutMs: 300 });
    expect(faults(silent)).toEqual(["key-not-live", "key-not-live"]);
  });

  it("is found when its domain is not one of the proxy's", async () => {
    const proxy = await startProxy({ domains: ["other.example.org"], upstream: await startTelegram() });
    expect(faults(await probe(linkTo(proxy, "fake-tls")))).toEqual(["key-not-live", "key-not-live"]);
  });
});

describe("a proxy without its upstream", () => {
  it.each(bareModes)("is told from a dead key by an impossible frame (%s)", async (mode) => {
    const result = await probe(linkTo(await startProxy(), mode), { timeoutMs: 600 });
    expect(faults(result)).toEqual(["upstream-not-ready"]);
  });

  it("is told from a dead key when Telegram takes the question and is silent", async () => {
    const proxy = await startProxy({ upstream: await startTelegram({ silent: true }) });
    expect(faults(await probe(linkTo(proxy, "padded"), { timeoutMs: 600 }))).toEqual(["upstream-not-ready"]);
  });

  it("signs the answer to a fake-TLS hello and brings no resPQ", async () => {
    const result = await probe(linkTo(await startProxy({ domains }), "fake-tls"), { timeoutMs: 500 });
    expect(faults(result)).toEqual(["upstream-not-ready", "upstream-not-ready"]);
  });

  it("signs the answer to a fake-TLS hello and then closes", async () => {
    const proxy = await startProxy({ domains, instead: ({ close }) => close() });
    expect(faults(await probe(linkTo(proxy, "fake-tls")))).toEqual(["upstream-not-ready", "upstream-not-ready"]);
  });

  it.each<Mode>(["padded", "fake-tls"])("passes on an error of Telegram's (%s)", async (mode) => {
    const instead = ({ session, send }: ProxiedLine) =>
      send(session.encrypt(encodeFrame(session.transport, transportError(-444))));
    const proxy = await startProxy({ instead, ...(mode === "fake-tls" ? { domains } : {}) });
    const result = await probe(linkTo(proxy, mode));
    expect(new Set(faults(result))).toEqual(new Set(["upstream-not-ready"]));
    expect(result.attempts[0]?.reason).toContain("-444");
  });
});

describe("a binary that is too old", () => {
  it("takes the short hello and refuses the long one", async () => {
    const proxy = await startProxy({ domains, limits: helloLimits.before2025, upstream: await startTelegram() });
    expect(faults(await probe(linkTo(proxy, "fake-tls")))).toEqual(["ok", "long-hello-refused"]);
  });

  it("is seen to be too old although its upstream is not ready", async () => {
    const proxy = await startProxy({ domains, limits: helloLimits.before2025 });
    const result = await probe(linkTo(proxy, "fake-tls"), { timeoutMs: 500 });
    expect(faults(result)).toEqual(["upstream-not-ready", "long-hello-refused"]);
  });

  it("is not blamed for a dead key", async () => {
    const proxy = await startProxy({ domains, limits: helloLimits.before2025 });
    expect(faults(await probe(linkTo(proxy, "fake-tls", stranger)))).toEqual(["key-not-live", "key-not-live"]);
  });

  it("is not the reason when the short hello is refused and the long one taken", async () => {
    const proxy = await startProxy({
      domains,
      limits: { minBytes: 1000, maxBytes: 4096 },
      upstream: await startTelegram(),
    });
    expect(faults(await probe(linkTo(proxy, "fake-tls")))).toEqual(["protocol", "ok"]);
  });
});

describe("a server's clock", () => {
  it.each([-6, -60, -500, -1100, -3600, -7200, -10_800, 700, 1100, 3600, 7200, 10_800])(
    "that is off by %d s is told from a dead key",
    async (clockOffset) => {
      const proxy = await startProxy({ domains, clockOffset, upstream: await startTelegram() });
      const result = await probe(linkTo(proxy, "fake-tls"));
      expect(faults(result)).toEqual(["clock", "clock"]);
      expect(result.attempts[0]?.reason).toContain(clockOffset < 0 ? "behind" : "ahead");
    },
  );

  it.each([-1, 60, 590])("that is off by %d s troubles nobody", async (clockOffset) => {
    const proxy = await startProxy({ domains, clockOffset, upstream: await startTelegram() });
    expect(faults(await probe(linkTo(proxy, "fake-tls")))).toEqual(["ok", "ok"]);
  });

  it("is not blamed for a dead key", async () => {
    const proxy = await startProxy({ domains, clockOffset: -300 });
    expect(faults(await probe(linkTo(proxy, "fake-tls", stranger)))).toEqual(["key-not-live", "key-not-live"]);
  });
});

describe("what is no proxy", () => {
  it.each<Mode>(["padded", "fake-tls"])("does not have the key (%s)", async (mode) => {
    const web = await startServer((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    const noise = await startServer((socket) => socket.write(randomBytes(5000)));
    for (const server of [web, noise]) {
      expect(new Set(faults(await probe(linkTo(server, mode), { timeoutMs: 600 })))).toEqual(new Set(["key-not-live"]));
    }
  });

  it.each([
    ["noise", (line: ProxiedLine) => line.send(randomBytes(4000))],
    ["an answer to another question", answerSlowly],
  ] as const)("is a protocol fault when the key is live and %s follows", async (_, instead) => {
    const proxy = await startProxy({ domains, instead });
    expect(faults(await probe(linkTo(proxy, "fake-tls")))).toEqual(["protocol", "protocol"]);
  });
});

describe("a probe", () => {
  const stubborn: readonly [string, (socket: Socket) => void][] = [
    ["says nothing", () => {}],
    ["sends one byte now and then", (socket) => drip(socket, Uint8Array.of(0x16), 20)],
    ["begins an answer and never ends it", (socket) => socket.write(Buffer.from("160303007a02", "hex"))],
    ["never stops sending", (socket) => drip(socket, randomBytes(65_536), 0)],
    ["closes at once", (socket) => socket.destroy()],
    ["resets", (socket) => socket.resetAndDestroy()],
    ["ends its side only", (socket) => socket.end()],
  ];
  const cases = stubborn.flatMap(([name, serve]) =>
    (["padded", "fake-tls"] as const).map((mode) => ({ name, serve, mode })),
  );

  it.each(cases)("is over in time and leaves nothing open when the server $name ($mode)", async ({ serve, mode }) => {
    const server = await startServer(serve);
    const started = performance.now();
    const result = await probe(linkTo(server, mode), { timeoutMs: 400 });
    // Fake-TLS has a second round with other times, bounded by the same timeout.
    expect(performance.now() - started).toBeLessThan(mode === "padded" ? 1500 : 2500);
    expect(new Set(faults(result))).toEqual(new Set(["key-not-live"]));
    for (const { milliseconds } of result.attempts) expect(milliseconds).toBeLessThan(1500);
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it("keeps a process no longer than it takes, however it ends", async () => {
    const proxy = await startProxy({ upstream: await startTelegram(), domains });
    const bare = await startProxy({ upstream: await startTelegram() });
    const closing = await startServer((socket) => socket.destroy());
    const silent = await startServer(() => {});
    const live = [linkTo(bare, "padded"), linkTo(proxy, "fake-tls"), linkTo(proxy, "fake-tls", stranger)];
    const closed = [linkTo(closing, "padded"), linkTo(closing, "fake-tls")];
    const late = [linkTo(silent, "padded"), linkTo(silent, "fake-tls")];
    expect(await lingering(live, 10_000)).toBeLessThan(500);
    expect(await lingering(closed, 10_000)).toBeLessThan(500);
    expect(await lingering(late, 1000)).toBeLessThan(500);
  });
});

/** Milliseconds that a process stays after its probes are over. */
function lingering(links: readonly Link[], timeoutMs: number): Promise<number> {
  const program = `
    import { parseLink } from "./src/domain/link.ts";
    import { probeLink } from "./src/host/link-probe.ts";
    let over = 0;
    process.once("exit", () => console.log(Math.round(performance.now() - over)));
    Promise.all(process.argv.slice(2).map((link) => probeLink(parseLink(link), { timeoutMs: ${timeoutMs} }))).then(() => {
      over = performance.now();
    });`;
  return withProgram(program, async (file) => {
    const watched = watch(process.execPath, [file, ...links.map(tgLink)]);
    expect(await watched.ended).toBe(0);
    return Number(watched.output());
  });
}

/** Sends the bytes again and again until the connection is gone. */
function drip(socket: Socket, bytes: Uint8Array, everyMs: number): void {
  const timer = setInterval(() => socket.write(bytes), everyMs);
  socket.once("close", () => clearInterval(timer));
}
