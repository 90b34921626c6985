import { describe, expect, test } from "vitest";
import { absenceOf } from "../../../../../src/domain/numbers/alerts/absence.ts";
import {
  type Crowd,
  emptyCrowd,
  isNight,
  usualCrowd,
  withLook,
} from "../../../../../src/domain/numbers/alerts/crowd.ts";
import { defaultAlertSettings } from "../../../../../src/domain/numbers/alerts/settings.ts";
import { type AlertFacts, troublesAt } from "../../../../../src/domain/numbers/alerts/trouble.ts";
import type { ShardFigures, Snapshot, UserFigures } from "../../../../../src/domain/numbers/snapshot.ts";
import { shardFigures, snapshot, userFigures } from "../../../../support/snapshot.ts";

const { thresholds } = defaultAlertSettings;

function troubles(parts: Partial<Snapshot>, facts: AlertFacts = {}, told: readonly string[] = []): string[] {
  const isTold = (kind: string) => told.includes(kind);
  const found = troublesAt(snapshot(parts), { facts, thresholds, isTold });
  return found.map(({ kind, subject }) => `${kind} ${subject}`.trim());
}
const shards = (...changes: Partial<ShardFigures>[]) => ({
  shards: changes.map((it, index) => shardFigures({ id: index + 1, name: `p${index + 1}`, ...it })),
});
const users = (change: Partial<UserFigures>) => ({ users: [userFigures("alice", change)] });
const person = (change: Partial<UserFigures>, told: readonly string[] = []) => troubles(users(change), {}, told);

test("a home that is well has no trouble, and one without a proxy neither", () => {
  expect(troubles({})).toEqual([]);
  expect(troubles({ shards: [], proxy: { ...snapshot().proxy, running: false } })).toEqual([]);
});

describe("a proxy is down", () => {
  const silent = { uptimeSeconds: null, readyTargets: null };

  test("when it does not run, or says nothing; once for all of them", () => {
    expect(troubles(shards({}, { running: false, ...silent }))).toEqual(["proxy-down p2"]);
    expect(troubles(shards(silent, { running: false, ...silent }))).toEqual(["proxy-down"]);
  });

  test("when there is none though somebody has a link", () => {
    expect(troubles({ shards: [] }, { isExpected: true })).toEqual(["proxy-down"]);
  });

  test("when HAProxy before it is away", () => {
    const edge = { running: false, connections: null, uptimeSeconds: null, oldWorkers: null, agents: 2, verdicts: {} };
    expect(troubles({ routing: "edge", edge })).toEqual(["proxy-down HAProxy"]);
    expect(troubles({ routing: "edge", edge: { ...edge, connections: 3, uptimeSeconds: 8 } })).toEqual([]);
  });

  test("and has no upstream when it runs without a connection to Telegram", () => {
    expect(troubles(shards({ readyTargets: 0 }, {}))).toEqual(["upstream-not-ready p1"]);
    expect(troubles(shards({ readyTargets: null }))).toEqual([]);
  });
});

describe("a drop of everybody", () => {
  const active = (activeConnections: number) => ({ proxy: { ...snapshot().proxy, activeConnections } });

  test("is a tenth of what is usual, and over with half of it", () => {
    expect(troubles(active(4), { usual: 40 })).toEqual(["blocked"]);
    expect(troubles(active(5), { usual: 40 })).toEqual([]);
    expect(troubles(active(19), { usual: 40 }, ["blocked"])).toEqual(["blocked"]);
    expect(troubles(active(20), { usual: 40 }, ["blocked"])).toEqual([]);
  });

  test("is none where few are usual, nobody knows, or the proxy itself is ill", () => {
    expect(troubles(active(0), { usual: 23 })).toEqual([]);
    expect(troubles(active(0))).toEqual([]);
    expect(troubles({ ...active(0), ...shards({ readyTargets: 0 }) }, { usual: 40 })).toEqual([
      "upstream-not-ready p1",
    ]);
  });

  test("is none at a time when on most of the last days there were as few, unless it was told before", () => {
    expect(troubles(active(0), { usual: 40, isNight: true })).toEqual([]);
    expect(troubles(active(0), { usual: 40, isNight: true }, ["blocked"])).toEqual(["blocked"]);
    expect(isNight([0, 2, null, 1, 0, 3, 0], 4)).toBe(true);
    expect(isNight([0, 2, null, 90, 80, 70, 60], 4)).toBe(false);
    expect(isNight([0, null, null, null, null, null, null], 4)).toBe(false);
    expect(isNight([], 4)).toBe(false);
  });

  const hour = (counts: readonly number[]): Crowd =>
    counts.reduce(
      (crowd, count, minute) =>
        [0, 10, 20, 30, 40, 50].reduce((it, s) => withLook(it, count, new Date((minute * 60 + s) * 1000)), crowd),
      emptyCrowd,
    );

  test("is measured by the middle of the last hour, which nobody knows at first", () => {
    expect(usualCrowd(hour(Array.from({ length: 15 }, () => 40)))).toBeUndefined();
    expect(usualCrowd(hour(Array.from({ length: 16 }, () => 40)))).toBe(40);
    expect(usualCrowd(hour([...Array.from({ length: 90 }, () => 400), ...Array.from({ length: 61 }, () => 30)]))).toBe(
      30,
    );
  });

  test("is none when people go to sleep one after the other", () => {
    const evening = Array.from({ length: 240 }, (_, minute) => Math.round(80 * (1 - minute / 240)));
    const seen = evening.map((count, minute) =>
      troubles(active(count), { usual: usualCrowd(hour(evening.slice(0, minute))) }),
    );
    expect(seen.flat()).toEqual([]);
  }, 20_000);
});

describe("what a look does not show", () => {
  const absent = (
    kind: Parameters<typeof absenceOf>[0],
    subject: string,
    parts: Partial<Snapshot>,
    facts: AlertFacts = {},
  ) => absenceOf(kind, subject, snapshot(parts), facts);
  const silent = { uptimeSeconds: null, readyTargets: null };
  const away = { running: false, connections: null, uptimeSeconds: null, oldWorkers: null, agents: 2, verdicts: {} };

  test("is over when it can be seen", () => {
    expect(absent("proxy-down", "p1", shards({}))).toBe("gone");
    expect(absent("proxy-down", "HAProxy", {})).toBe("gone");
    expect(absent("upstream-not-ready", "p1", shards({}))).toBe("gone");
    expect(absent("blocked", "", {}, { usual: 40 })).toBe("gone");
    expect(absent("disk-low", "", {})).toBe("gone");
    expect(absent("certificate", "a.org", {}, { certificate: { domain: "b.org", validTo: "" } })).toBe("gone");
    expect(absent("clock", "", {}, { clock: { seconds: 0, effect: "none" } })).toBe("gone");
    expect(absent("expiring", "alice", {})).toBe("gone");
  });

  test("is not while a proxy, HAProxy or the engine cannot tell, or nobody has looked since the daemon started", () => {
    const cannotTell = [
      absent("proxy-down", "p2", shards({}, { running: false, ...silent })),
      absent("proxy-down", "p2", { shards: [] }),
      absent("proxy-down", "HAProxy", { edge: away }),
      absent("proxy-down", "", { ...shards({}), edge: away }),
      absent("upstream-not-ready", "p1", shards({ running: false, ...silent })),
      absent("upstream-not-ready", "p1", { shards: [] }),
      absent("blocked", "", shards({ running: false, ...silent }), { usual: 40 }),
      absent("disk-low", "", { host: { ...snapshot().host, diskFreeBytes: null } }),
      absent("certificate", "example.com", {}),
      absent("clock", "", {}),
    ];
    expect(cannotTell).toEqual(cannotTell.map(() => "unseen"));
  });

  test("cannot be at all where there is no such proxy, no HAProxy and no certificate of ours any more", () => {
    expect(absent("proxy-down", "p9", shards({}))).toBe("void");
    expect(absent("proxy-down", "", { shards: [] })).toBe("void");
    expect(absent("upstream-not-ready", "p9", shards({}))).toBe("void");
    expect(absent("proxy-down", "HAProxy", { edge: null })).toBe("void");
    expect(absent("certificate", "example.com", {}, { certificate: null })).toBe("void");
  });
});

describe("a person", () => {
  const limits = { quota: { bytes: 1000, period: "month" as const } };

  test("is near the end of a quota, then has used it up", () => {
    expect(person({ limits, usedBytes: 799 })).toEqual([]);
    expect(person({ limits, usedBytes: 800 })).toEqual(["quota-near alice"]);
    expect(person({ limits, usedBytes: 790 }, ["quota-near"])).toEqual(["quota-near alice"]);
    expect(person({ limits, usedBytes: 1000 })).toEqual(["quota-used alice"]);
    expect(person({ limits, usedBytes: 1000, enabled: false })).toEqual([]);
    expect(person({ limits, usedBytes: null })).toEqual([]);
  });

  test("whose link ends within three days is told of, and not when it has ended", () => {
    expect(person({ expiresAt: "2026-11-24T11:59:59.000Z" })).toEqual(["expiring alice"]);
    expect(person({ expiresAt: "2026-11-24T12:00:00.000Z" })).toEqual([]);
    expect(person({ expiresAt: "2026-11-21T12:00:00.000Z" })).toEqual([]);
  });
});

describe("the server", () => {
  const disk = (diskBytes: number, diskFreeBytes: number | null) => ({
    host: { ...snapshot().host, diskBytes, diskFreeBytes },
  });

  test("has a full disk when less than a tenth is free, unless that is plenty", () => {
    expect(troubles(disk(20e9, 1.9e9))).toEqual(["disk-low"]);
    expect(troubles(disk(20e9, 2.1e9))).toEqual([]);
    expect(troubles(disk(20e9, 2.1e9), {}, ["disk-low"])).toEqual(["disk-low"]);
    expect(troubles(disk(900e9, 6e9))).toEqual([]);
    expect(troubles(disk(20e9, null))).toEqual([]);
  });

  test("has a certificate that ends soon, and a clock that is wrong", () => {
    expect(troubles({}, { certificate: { domain: "example.com", validTo: "2026-12-05T11:00:00.000Z" } })).toEqual([
      "certificate example.com",
    ]);
    expect(troubles({}, { certificate: { domain: "example.com", validTo: "2026-12-06T12:00:00.000Z" } })).toEqual([]);
    expect(troubles({}, { clock: { seconds: -4, effect: "dead" } })).toEqual(["clock"]);
    expect(troubles({}, { clock: { seconds: 0.3, effect: "none" } })).toEqual([]);
  });
});
