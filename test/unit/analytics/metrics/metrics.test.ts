import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Metrics } from "../../../../src/analytics/metrics/metrics.ts";
import { shardFigures, snapshot, userFigures } from "../../../support/snapshot.ts";

const metrics = () => new Metrics({ version: "1.2.3" });

/** The lines that hold a number of this family. */
function samplesIn(text: string, family: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(`${family} `) || line.startsWith(`${family}{`));
}

describe("the text for Prometheus", () => {
  test("tells what a look saw, in base units, and where each number comes from", async () => {
    const alice = userFigures("alice", {
      ...{
        connections: 8,
        totalConnections: 20,
        bytesIn: 1000,
        bytesOut: 2 ** 40,
        lastSeen: "2026-11-21T11:59:00.000Z",
      },
      ...{ usedBytes: 500, limits: { quota: { bytes: 1000, period: "month" } }, expiresAt: "2026-12-01T00:00:00.000Z" },
    });
    const edge = {
      running: true,
      connections: 9,
      uptimeSeconds: 5,
      oldWorkers: 1,
      agents: 2,
      verdicts: { ok: 20, stranger: 3 },
    };
    const shared = {
      ...{ connections: 3, totalConnections: 4, bytesIn: 50, bytesOut: 60 },
      usedBytes: 0,
      lastSeen: null,
    };
    const text = await metrics().text(snapshot({ users: [alice], shared, edge }), 1000);
    for (const line of [
      `mtproxy_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
      "mtproxy_up 1",
      "mtproxy_look_timestamp_seconds 1795262400",
      'mtproxy_shard_ready_targets{shard="1"} 4',
      'mtproxy_user_active_connections{user="alice"} 8',
      'mtproxy_user_received_bytes_total{user="alice"} 1000',
      'mtproxy_user_sent_bytes_total{user="alice"} 1099511627776',
      'mtproxy_user_last_seen_timestamp_seconds{user="alice"} 1795262340',
      'mtproxy_user_quota_used_bytes{user="alice"} 500',
      'mtproxy_user_quota_bytes{user="alice"} 1000',
      "mtproxy_shared_active_connections 3",
      "mtproxy_shared_received_bytes_total 50",
      "mtproxy_edge_up 1",
      'mtproxy_edge_connections_total{verdict="stranger"} 3',
      "mtproxy_cpu_usage_cores 0.015",
      'mtproxy_host_load{minutes="15"} 0.3',
    ])
      expect(text.split("\n")).toContain(line);
    const families = text.match(/^# TYPE \S+/gm) ?? [];
    expect(text.match(/^# HELP \S+ .* From .*\.$/gm)).toHaveLength(families.length);
  });

  test("has no number for what nobody knows, and none at all before the first look", async () => {
    const unknown = userFigures("bob", { connections: null, bytesIn: null, bytesOut: null, usedBytes: null });
    const shard = shardFigures({ running: false, activeConnections: null, readyTargets: null, bytesIn: null });
    const parts = { users: [unknown], shards: [shard], edge: null, resources: null };
    const text = await metrics().text(snapshot(parts), 1000);
    expect(text).toContain('mtproxy_user_let_in{user="bob"} 1');
    expect(text).toContain('mtproxy_shard_up{shard="1"} 0');
    for (const family of [
      "user_active_connections",
      "user_received_bytes_total",
      "shard_ready_targets",
      "edge_agents",
      "memory_bytes",
    ])
      expect(text).not.toContain(`mtproxy_${family}`);
    const silent = await metrics().text(snapshot({ shards: [], proxy: { ...snapshot().proxy, running: null } }), 1000);
    expect(silent).not.toContain("mtproxy_up ");
    const before = await metrics().text(undefined, 1000);
    expect(before).toContain("mtproxy_build_info");
    expect(before).not.toContain("mtproxy_up");
  });

  test("keeps a name in its label, whatever is in it", async () => {
    const text = await metrics().text(snapshot({ users: [userFigures('<img onerror="x">\n\\')] }), 10);
    expect(text).toContain('mtproxy_user_let_in{user="<img onerror=\\"x\\">\\n\\\\"} 1');
  });

  test("says who is let in, refused and disabled", async () => {
    const users = [userFigures("a"), userFigures("b", { refusal: "quota" }), userFigures("c", { enabled: false })];
    const text = await metrics().text(snapshot({ users }), 10);
    const states = ["let-in", "refused", "disabled"];
    expect(samplesIn(text, "mtproxy_users")).toEqual(states.map((state) => `mtproxy_users{state="${state}"} 1`));
    expect(samplesIn(text, "mtproxy_user_let_in").map((line) => line.at(-1))).toEqual(["1", "0", "0"]);
  });
});

describe("series of people", () => {
  const names = (text: string) =>
    samplesIn(text, "mtproxy_user_received_bytes_total").map((line) => /user="(\w+)"/.exec(line)?.[1]);
  const people = (bytes: Readonly<Record<string, number>>) =>
    snapshot({ users: Object.entries(bytes).map(([name, bytesIn]) => userFigures(name, { bytesIn })) });

  test("are as many as there may be, the busiest first, and those left out are counted", async () => {
    const text = await metrics().text(people({ a: 1, b: 30, c: 20 }), 2);
    expect(names(text)).toEqual(["b", "c"]);
    expect(text).toContain("mtproxy_users_left_out 1");
  });

  test("stay with those who have one, while others become busier or the person goes", async () => {
    const one = metrics();
    await one.text(people({ a: 1, b: 2, c: 0 }), 2);
    expect(names(await one.text(people({ a: 1, b: 2, c: 99 }), 2))).toEqual(["a", "b"]);
    const without = await one.text(people({ a: 1, c: 99 }), 2);
    expect(names(without)).toEqual(["a", "b"]);
    expect(without).not.toContain('mtproxy_user_let_in{user="b"}');
  });

  test("are given to who comes later while there is room, and when more may have one", async () => {
    const one = metrics();
    await one.text(people({ a: 1 }), 2);
    expect(names(await one.text(people({ a: 1, b: 0, c: 5 }), 2))).toEqual(["a", "c"]);
    expect(names(await one.text(people({ a: 1, b: 0, c: 5 }), 3))).toEqual(["a", "c", "b"]);
  });
});

describe("a counter", () => {
  const told = async (one: Metrics, bytesIn: number | null) => {
    const text = await one.text(snapshot({ users: [userFigures("alice", { bytesIn })] }), 10);
    return Number(samplesIn(text, "mtproxy_user_received_bytes_total")[0]?.split(" ").at(-1));
  };

  test("has Prometheus count everything once, whoever has the name, and however often the daemon is started again", async () => {
    const step = fc.record({
      bytes: fc.option(fc.nat(1000), { freq: 5 }),
      isAnother: fc.boolean(),
      isRestart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        let [one, ledger, counted] = [metrics(), 0, 0];
        const shown = [await told(one, 0)];
        for (const { bytes, isAnother, isRestart } of steps) {
          if (isRestart) one = metrics();
          // Nobody sees from outside that somebody new has used more than the one before.
          if (isAnother && bytes !== null && bytes < ledger) ledger = 0;
          if (bytes !== null) [counted, ledger] = [counted + bytes, ledger + bytes];
          shown.push(await told(one, bytes === null ? null : ledger));
        }
        expect(increase(shown)).toBe(counted);
      }),
      { numRuns: 50 },
    );
  });

  /** As Prometheus does it: a fall is a beginning at nothing, and what is missing says nothing. */
  function increase(shown: readonly number[]): number {
    const there = shown.filter((value) => !Number.isNaN(value));
    return there.reduce((sum, value, index) => {
      const before = there[index - 1] ?? value;
      return sum + (value >= before ? value - before : value);
    }, 0);
  }

  test("stays where it was while nobody knows", async () => {
    const one = metrics();
    expect([await told(one, 5), await told(one, null), await told(one, 7)]).toEqual([5, 5, 7]);
  });
});

test("one text of 1,000 people is written within a fraction of a look", async () => {
  const users = Array.from({ length: 1000 }, (_, index) => userFigures(`user-${index}`, { bytesIn: index }));
  const one = metrics();
  const began = performance.now();
  const text = await one.text(snapshot({ users }), 1000);
  expect(performance.now() - began).toBeLessThan(2000);
  expect(samplesIn(text, "mtproxy_user_received_bytes_total")).toHaveLength(1000);
});
