import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EdgeKey } from "../../../../src/edge/identify/edge-key.ts";
import { Identifier, type IdentifierOptions } from "../../../../src/edge/identify/identifier.ts";
import { KeySearch } from "../../../../src/edge/identify/key-search.ts";
import { realClock, ScanQueue } from "../../../../src/edge/identify/scan-queue.ts";
import { RANDOM_AT } from "../../../../src/protocol/client-hello.ts";
import { fakeTls, headerOf, helloOf, helloWithoutName, newKey, padded } from "./edge-keys.ts";

const ADDRESS = "192.0.2.1";

function identifier(keys: readonly EdgeKey[], options?: IdentifierOptions): Identifier {
  // However slow this machine is, nobody is given up here.
  const queue = new ScanQueue({ now: () => 0, worked: () => 0, giveWay: () => setImmediate() });
  const made = new Identifier({ search: new KeySearch(queue), ...options });
  made.replace(keys);
  return made;
}

const alice = padded("alice");
const bob = fakeTls("bob");
const crowd = [...Array.from({ length: 300 }, (_, index) => padded(`p${index}`)), alice, fakeTls("carol"), bob];

describe("a client", () => {
  it.each([
    ["a header", alice, headerOf(alice)],
    ["a header with data behind it", alice, Buffer.concat([headerOf(alice), randomBytes(300)])],
    ["a short hello", bob, helloOf(bob, { size: "short" })],
    ["a long hello", bob, helloOf(bob, { size: "long" })],
  ])("with %s is told among hundreds", async (_, known, bytes) => {
    expect(await identifier(crowd).identify(ADDRESS, bytes)).toEqual({ why: "ok", known });
  });

  it("who was here before is told at once, whichever way the link was made", async () => {
    const edge = identifier(crowd);
    await edge.identify(ADDRESS, headerOf(alice));
    await edge.identify(ADDRESS, helloOf(bob));
    expect(edge.identify(ADDRESS, headerOf(alice))).toEqual({ why: "ok", known: alice });
    expect(edge.identify(ADDRESS, helloOf(bob))).toEqual({ why: "ok", known: bob });
    expect(edge.identify("192.0.2.2", headerOf(alice))).toBeInstanceOf(Promise);
  });

  it("is told by what the state says now", async () => {
    const edge = identifier(crowd);
    await edge.identify(ADDRESS, headerOf(alice));
    edge.replace([{ ...alice, shardId: 9 }]);
    expect(edge.identify(ADDRESS, headerOf(alice))).toMatchObject({ why: "ok", known: { shardId: 9 } });
    edge.replace([]);
    expect(await edge.identify(ADDRESS, headerOf(alice))).toEqual({ why: "unknown" });
  });

  it("whose key goes while it is searched for does not get in", async () => {
    const edge = identifier(crowd);
    const verdict = edge.identify(ADDRESS, headerOf(alice));
    edge.replace(crowd.filter((key) => key !== alice));
    expect(await verdict).toEqual({ why: "revoked" });
  });

  it.each(["revoked", "disabled", "expired", "over-quota"] as const)(
    "who is %s is refused by name",
    async (refusal) => {
      expect(await identifier([{ ...alice, refusal }]).identify(ADDRESS, headerOf(alice))).toEqual({
        why: refusal,
        holder: "alice",
      });
    },
  );

  it("with the other kind of link for the key is refused: the shard would", async () => {
    const edge = identifier([alice, bob]);
    expect(await edge.identify(ADDRESS, headerOf(bob))).toEqual({ why: "wrong-mode", holder: "bob" });
    expect(await edge.identify(ADDRESS, helloOf(alice))).toEqual({ why: "wrong-mode", holder: "alice" });
  });
});

describe("a hello", () => {
  const now = 1_800_000_000;
  const edge = identifier([bob, fakeTls("dora", { coverDomains: ["other.example"] })], { now: () => now });
  const ask = async (bytes: Uint8Array) => edge.identify(ADDRESS, bytes);

  it.each([
    [3, "ok"],
    [4, "clock-skew"],
    [-599, "ok"],
    [-600, "clock-skew"],
    [-3600, "clock-skew"],
  ])("of %i s from now is %s", async (off, why) => {
    expect(await ask(helloOf(bob, { unixTime: now + off }))).toMatchObject({ why });
  });

  it("for a domain that nobody imitates, or another shard does, is a stranger's", async () => {
    expect(await ask(helloOf(bob, { unixTime: now, domain: "nowhere.example" }))).toEqual({
      why: "unlisted-sni",
      holder: "bob",
    });
    expect(await ask(helloOf(bob, { unixTime: now, domain: "other.example" }))).toEqual({
      why: "unlisted-sni",
      holder: "bob",
    });
  });

  it("that names no domain is a stranger's, and its owner is told by name", async () => {
    expect(await ask(helloWithoutName(bob, { unixTime: now }))).toEqual({ why: "no-sni", holder: "bob" });
    expect(await ask(helloWithoutName({ key: newKey() }, { unixTime: now }))).toEqual({ why: "no-sni" });
    const hurried = new KeySearch(new ScanQueue(realClock, { all: 0 }));
    const busy = new Identifier({ search: hurried, now: () => now });
    busy.replace([bob]);
    expect(await busy.identify("192.0.2.9", helloWithoutName(bob, { unixTime: now }))).toEqual({ why: "no-sni" });
  });

  it("with no key, cut short, or with bytes behind it is a stranger's", async () => {
    const hello = helloOf(bob, { unixTime: now });
    expect(await ask(helloOf({ key: newKey() }, { unixTime: now }))).toEqual({ why: "tls-unknown" });
    expect(await ask(hello.subarray(0, 4))).toEqual({ why: "not-mtproto" });
    expect(await ask(Buffer.concat([hello, Uint8Array.of(0)]))).toEqual({ why: "hello-form" });
    expect(await ask(Buffer.concat([Buffer.from("160301000500", "hex"), randomBytes(4)]))).toEqual({
      why: "hello-size",
    });
  });

  it("that the shards' binary is too old for is a stranger's", async () => {
    const old = identifier([bob], { now: () => now });
    old.limitHellos({ minBytes: 517, maxBytes: 772 });
    expect(await old.identify(ADDRESS, helloOf(bob, { unixTime: now, size: "long" }))).toEqual({ why: "hello-size" });
    expect(await old.identify(ADDRESS, helloOf(bob, { unixTime: now, size: "short" }))).toMatchObject({ why: "ok" });
  });
});

describe("a stranger", () => {
  it.each(["GET / HTTP/1.1\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "", "x"])("who says %j needs no search", (words) => {
    expect(identifier(crowd).identify(ADDRESS, Buffer.from(words))).toEqual({ why: "not-mtproto" });
  });

  it("with a long request is one, too", () => {
    const request = Buffer.from(`GET /${"a".repeat(100)} HTTP/1.1\r\n`);
    expect(identifier(crowd).identify(ADDRESS, request)).toEqual({ why: "not-mtproto" });
  });

  it("with any first bytes gets an answer, and never a key", async () => {
    const edge = identifier([alice, bob]);
    const hello = helloOf(bob);
    // The last four bytes of the random are the time mixed with the proof: another time within the window is a hello as good.
    const isTime = (at: number) => at >= RANDOM_AT + 28 && at < RANDOM_AT + 32;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.uint8Array({ maxLength: 2000 }).map((tail) => Buffer.concat([Buffer.from("160301", "hex"), tail])),
      fc
        .tuple(
          fc.nat(hello.length - 1).filter((at) => !isTime(at)),
          fc.integer({ min: 1, max: 255 }),
        )
        .map(([at, flip]) => {
          const changed = Buffer.from(hello);
          changed[at] = (changed[at] ?? 0) ^ flip;
          return changed;
        }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (received) => {
        expect((await edge.identify(ADDRESS, received)).why).not.toBe("ok");
      }),
      { numRuns: 1500 },
    );
  });
});
