import { describe, expect, it } from "vitest";
import { dockerCapabilities, trialCapabilities } from "../../../../src/domain/engine-facts.ts";
import { SpareKeys } from "../../../../src/domain/plan/spare.ts";
import type { Shard, Slot } from "../../../../src/domain/shard.ts";
import { emptyBook, numberedKey, proxyUser } from "../../../support/domain.ts";

const slot = (number: number, holder?: string): Slot => ({
  key: numberedKey(number),
  ...(holder === undefined ? {} : { holder }),
});
const shard = (id: number, slots: readonly Slot[], coverDomains: readonly string[] = []): Shard => ({
  id,
  family: coverDomains.length === 0 ? "obfuscated" : "fake-tls",
  port: 8442 + id,
  slots,
  coverDomains,
  pinned: {},
});

const shards = [
  shard(1, [slot(10, "alice"), slot(11), slot(12), slot(13)]),
  shard(2, [slot(20, "bob"), slot(21), slot(22, "gone")]),
  shard(3, [slot(30), slot(31)], ["a.example"]),
];
const known = {
  book: { ...emptyBook, shards },
  users: [
    proxyUser("alice", numberedKey(10)),
    proxyUser("bob", numberedKey(20)),
    { ...proxyUser("new", numberedKey(12)), former: { secret: proxyUser("", numberedKey(13)).secret, until: "" } },
  ],
  sharedSecrets: [{ secret: proxyUser("", numberedKey(30), "fake-tls").secret, active: true }],
  capabilities: dockerCapabilities,
};
const number = (key: unknown) => Array.from({ length: 40 }, (_, index) => index).find((of) => numberedKey(of) === key);

describe("spare keys", () => {
  it("are each given once, in the order of the shards, and none that somebody has or had", () => {
    const spares = new SpareKeys(known);
    const taken = [1, 2, 3].map(() => number(spares.take({ mode: "padded" })));
    expect(taken).toEqual([11, 21, undefined]);
  });

  it("come from the shard of the key that is replaced, as long as it has one", () => {
    const spares = new SpareKeys(known);
    const near = numberedKey(20);
    expect([1, 2].map(() => number(spares.take({ mode: "plain", near })))).toEqual([21, 11]);
  });

  it("are of a shard that lists the cover domain", () => {
    const spares = new SpareKeys(known);
    expect(spares.take({ mode: "fake-tls", domain: "b.example" })).toBeUndefined();
    expect(number(spares.take({ mode: "fake-tls", domain: "a.example", near: numberedKey(10) }))).toBe(31);
  });

  it("do not exist where a process takes any key", () => {
    const spares = new SpareKeys({ ...known, capabilities: trialCapabilities });
    expect(spares.take({ mode: "padded" })).toBeUndefined();
  });
});
