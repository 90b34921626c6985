import { describe, expect, it } from "vitest";
import type { ConnectionRecord } from "../../../../src/domain/connection-record.ts";
import { PendingEntry } from "../../../../src/domain/numbers/pending-entry.ts";
import { Sightings } from "../../../../src/domain/numbers/sightings.ts";

const NOW = new Date("2026-11-21T12:00:00Z");

const record = (more: Partial<ConnectionRecord> = {}): ConnectionRecord => ({
  ...{ id: "1", startedAt: NOW, endedAt: NOW, from: "192.0.2.1", bytesIn: 1, bytesOut: 1 },
  ...{ user: "alice", verdict: "ok", server: "alice" },
  ...more,
});

describe("sightings", () => {
  it("are who was let in, when and from which household, each of these once", () => {
    const sightings = new Sightings();
    sightings.take(record(), NOW);
    sightings.take(record({ endedAt: new Date(NOW.getTime() - 5000) }), NOW);
    sightings.take(record({ server: "alice:old", from: "2001:db8:1:2:3::4" }), NOW);
    sightings.takeDevices([{ user: "alice", network: "2001:db8:1:2::" }], NOW);
    expect(sightings.takeNews()).toEqual({
      lastSeen: { alice: NOW.getTime() },
      households: [
        { user: "alice", household: "192.0.2.1" },
        { user: "alice", household: "2001:db8:1:2" },
      ],
      clients: [{ user: "alice", family: "header", count: 3 }],
    });
    expect(sightings.households(NOW)).toEqual({ alice: 2 });
    sightings.take(record(), NOW);
    expect(sightings.takeNews()).toMatchObject({ lastSeen: {}, households: [] });
  });

  it("tell old apps from new ones by their hello", () => {
    const sightings = new Sightings();
    for (const hello of [517, 560, 1744]) sightings.take(record({ hello }), NOW);
    sightings.take(record({ hello: 517, user: "bob", server: "bob" }), NOW);
    // Such an app gets in nowhere: its owner is not seen for it.
    const { server: _, ...refused } = record({ user: "dora", why: "no-sni", verdict: "stranger" });
    const { user: __, ...stranger } = refused;
    for (const one of [refused, stranger]) sightings.take(one, NOW);
    expect(sightings.lastSeen).not.toHaveProperty("dora");
    expect(sightings.takeNews().clients).toEqual([
      { user: "alice", family: "short hello", count: 2 },
      { user: "alice", family: "long hello", count: 1 },
      { user: "bob", family: "short hello", count: 1 },
      { user: "dora", family: "hello without SNI", count: 1 },
    ]);
    expect(sightings.takeNews().clients).toEqual([]);
  });

  it("count strangers by verdict and take nobody's household from them", () => {
    const sightings = new Sightings();
    const { server: _, ...stranger } = record({ verdict: "stranger" });
    sightings.take(stranger, NOW);
    sightings.take(record(), NOW);
    sightings.take(record(), NOW);
    expect(sightings.takeEnded().verdicts).toEqual({ ok: 2, stranger: 1 });
    expect(sightings.takeEnded().verdicts).toEqual({});
    expect(sightings.households(NOW)).toEqual({ alice: 1 });
  });

  it("tell how many have ended that were open at the last look", () => {
    const sightings = new Sightings();
    sightings.lookedAt(NOW.getTime());
    sightings.take(record({ server: "alice:old" }), NOW);
    sightings.take(record({ startedAt: new Date(NOW.getTime() + 1000) }), NOW);
    const ended = sightings.takeEnded();
    expect(ended).toEqual({ ended: { alice: 1 }, verdicts: { ok: 2 } });
    expect(sightings.takeEnded().ended).toEqual({});
    // The look came to nothing.
    sightings.take(record({ server: "alice:old" }), NOW);
    sightings.giveBack(ended);
    expect(sightings.takeEnded()).toEqual({ ended: { alice: 2 }, verdicts: { ok: 3 } });
  });

  it("take this server, which tries links itself, for nobody's household", () => {
    const sightings = new Sightings();
    sightings.setOwnAddresses(["192.0.2.1"]);
    sightings.take(record(), NOW);
    sightings.take(record({ from: "192.0.2.2" }), NOW);
    expect(sightings.takeNews().households).toEqual([{ user: "alice", household: "192.0.2.2" }]);
  });

  it("begin anew at midnight UTC, and a connection of yesterday tells nothing of today", () => {
    const sightings = new Sightings();
    sightings.take(record({ endedAt: new Date("2026-11-20T23:59:59Z") }), NOW);
    expect(sightings.takeNews()).toMatchObject({ lastSeen: { alice: expect.any(Number) }, households: [] });
    sightings.take(record(), NOW);
    expect(sightings.households(new Date("2026-11-22T00:00:01Z"))).toEqual({});
  });

  it("forget whoever had a name before", () => {
    const sightings = new Sightings();
    sightings.remember({ alice: 5 });
    expect(sightings.lastSeen).toEqual({ alice: 5 });
    sightings.forget("alice");
    expect(sightings.lastSeen).toEqual({});
  });
});

describe("an entry that could not be written yet", () => {
  const part = (bytes: number, active: number | null, more: object = {}) => ({
    increments: [{ kind: "user" as const, name: "alice", bytesIn: bytes, bytesOut: 1, opened: 1, active }],
    ...{ handedOver: [], lastSeen: { alice: bytes }, households: [], clients: [], events: [] },
    ...more,
  });

  it("is everything that was found since, with what is open now", () => {
    const pending = new PendingEntry();
    pending.add(part(1, 5));
    pending.add(part(2, 7));
    expect(pending.whole).toMatchObject({
      increments: [{ name: "alice", bytesIn: 3, bytesOut: 2, opened: 2, active: 7 }],
      lastSeen: { alice: 2 },
    });
    pending.add({ ...part(0, 0), increments: [] });
    expect(pending.whole.increments).toMatchObject([{ bytesIn: 3, active: null }]);
    pending.settle();
    expect(pending.whole.increments).toEqual([]);
  });

  it("leaves to whoever had a name before what was theirs", () => {
    const pending = new PendingEntry();
    pending.add(part(1, null));
    pending.add(part(2, 3, { handedOver: [{ from: "alice", to: "alice@2026" }] }));
    expect(pending.whole).toMatchObject({
      handedOver: [{ from: "alice", to: "alice@2026" }],
      increments: [
        { name: "alice@2026", bytesIn: 1 },
        { name: "alice", bytesIn: 2, active: 3 },
      ],
    });
  });

  it("does not grow for ever", () => {
    const pending = new PendingEntry();
    const events = Array.from({ length: 600 }, (_, at) => ({ at, kind: "x", subject: "", words: "" }));
    for (let look = 0; look < 3; look += 1) pending.add(part(1, null, { events }));
    expect(pending.whole.events).toHaveLength(1000);
  });
});
