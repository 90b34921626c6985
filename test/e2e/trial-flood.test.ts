import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Mode } from "../../src/domain/secret.ts";
import { buildClientHello } from "../../src/protocol/client-hello.ts";
import { startObfuscated } from "../../src/protocol/obfuscated2.ts";
import { startCoverSite } from "../support/cover-site.ts";
import { numberedKey } from "../support/domain.ts";
import { connectMtcute } from "../support/mtcute.ts";
import { startDatacenter } from "../support/telegram/datacenter.ts";
import { coverDomain, type TrialHome, withTrialHome } from "../support/trial.ts";
import { connectRaw } from "../support/trial-client.ts";

const alice = numberedKey(1);
const MAX_MEGABYTES = 150;

/** Peak of the resident memory since the process started. */
async function peakMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Garbage of all kinds: noise, beginnings of handshakes, whole handshakes of keys that nobody has, TLS with nonsense in it. */
function garbage(number: number): Uint8Array {
  const key = numberedKey(1_000 + number);
  const unixTime = Math.floor(Date.now() / 1000);
  const kinds = [
    () => randomBytes(1 + (number % 700)),
    () => Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    () => startObfuscated({ transport: "padded", datacenter: 2, key }).header,
    () => buildClientHello({ size: "long", domain: coverDomain, key, unixTime }).record,
    () => Buffer.concat([Buffer.from("160301", "hex"), randomBytes(number % 600)]),
    () => randomBytes(20_000),
    () => new Uint8Array(0),
  ];
  return kinds[number % kinds.length]?.() ?? new Uint8Array(0);
}

/** Opens a connection, sends the bytes, and leaves after a while in one of the ways that people leave. */
async function bother(port: number, bytes: Uint8Array, number: number): Promise<void> {
  const socket = await connectRaw(port, bytes);
  await setTimeout(number % 1_000);
  if (number % 3 === 0) socket.resetAndDestroy();
  else if (number % 3 === 1) socket.destroy();
  else await half(socket);
}

/** All the visits, a hundred at the same time, and the next one as soon as one has left; over again until it is enough. */
async function crowd(port: number, visits: readonly Uint8Array[], isEnough: () => boolean): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < visits.length || !isEnough()) {
      const number = next++;
      await bother(port, visits[number % visits.length] ?? new Uint8Array(0), number);
    }
  };
  await Promise.all(Array.from({ length: 100 }, lane));
}

async function half(socket: Socket): Promise<void> {
  socket.end();
  await setTimeout(200);
  socket.destroy();
}

/** The handshakes of someone who has a key. */
function handshake(number: number): Uint8Array {
  const unixTime = Math.floor(Date.now() / 1000);
  if (number % 2 === 0) return buildClientHello({ size: "long", domain: coverDomain, key: alice, unixTime }).record;
  return startObfuscated({ transport: "padded", datacenter: 2, key: alice }).header;
}

/** Sends bytes one at a time, for as long as the connection is taken. */
async function dawdle(port: number, bytes: Uint8Array, until: AbortSignal): Promise<void> {
  const socket = await connectRaw(port);
  for (const byte of bytes) {
    if (until.aborted || socket.destroyed) break;
    socket.write(Uint8Array.of(byte));
    await setTimeout(400);
  }
  socket.destroy();
}

/** A real client that comes in again and again, with one link after the other. */
function keepConnecting(home: TrialHome, modes: readonly Mode[]) {
  const visitor = { connected: 0, isTired: false, over: Promise.resolve() };
  const visit = async (): Promise<void> => {
    while (!visitor.isTired) {
      await connectMtcute("0.30.3", home.url(alice, modes[visitor.connected % modes.length]), { timeoutMs: 60_000 });
      visitor.connected += 1;
    }
  };
  visitor.over = visit();
  return visitor;
}

describe("under 2,000 garbage connections, 200 slow ones and replays the trial server", () => {
  it.each([
    ["with a cover site", "up"],
    ["whose cover site is unreachable", "down"],
    ["without a cover site", "none"],
  ])(
    "%s stays up and small, and a real client gets in all the while",
    async (_, cover) => {
      const [telegram, site] = await Promise.all([startDatacenter(), startCoverSite()]);
      await withTrialHome(async (home) => {
        const address = `127.0.0.1:${cover === "up" ? site.port : 1}`;
        const covers = cover === "none" ? [] : [{ domain: coverDomain, address }];
        const datacenters = { 2: `127.0.0.1:${telegram.port}` };
        const family = Array.from({ length: 20 }, (_, at) => ({
          key: numberedKey(at + 1).reveal(),
          holder: `user${at}`,
        }));
        await home.up({ keys: family, covers, datacenters, limits: { silentMs: 5_000 } });
        const pid = await home.pid();
        const [visits, slow] = [
          Array.from({ length: 2_000 }, (_, at) => garbage(at)),
          Array.from({ length: 200 }, (_, at) => handshake(at)),
        ];
        const over = new AbortController();
        const client = keepConnecting(home, cover === "none" ? ["padded"] : ["padded", "fake-tls"]);
        const dawdlers = slow.map((bytes) => dawdle(home.port, bytes, over.signal));
        // A visitor that fails ends the crowd with its error.
        await Promise.race([client.over, crowd(home.port, visits, () => client.connected >= 4)]);
        const replayed = handshake(0);
        await Promise.all(Array.from({ length: 50 }, () => connectRaw(home.port, replayed).then(half)));
        over.abort();
        client.isTired = true;
        await Promise.all([client.over, ...dawdlers]);
        expect(client.connected).toBeGreaterThan(3);
        expect(await peakMegabytes(pid)).toBeLessThan(MAX_MEGABYTES);
        expect(await home.pid()).toBe(pid);
        await connectMtcute("0.27.9", home.url(alice, "padded"), { timeoutMs: 30_000 });
        await expect.poll(async () => (await home.engine.stats(1)).openSockets, { timeout: 15_000 }).toBeLessThan(30);
      });
      await Promise.all([telegram.close(), site.close()]);
    },
    180_000,
  );
});
