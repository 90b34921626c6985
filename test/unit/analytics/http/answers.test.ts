import { describe, expect, test } from "vitest";
import { createHandlers } from "../../../../src/analytics/http/handlers.ts";
import { healthAnswer } from "../../../../src/analytics/http/health.ts";
import { openApi } from "../../../../src/analytics/http/openapi.ts";
import { statsOf } from "../../../../src/analytics/http/stats.ts";
import { Metrics } from "../../../../src/analytics/metrics/metrics.ts";
import { TestSource } from "../../../support/numbers-source.ts";
import { shardFigures, snapshot, userFigures } from "../../../support/snapshot.ts";

describe("stats", () => {
  test("say N/A of people whom nobody can tell apart, and why", () => {
    const unknown = { connections: null, totalConnections: null, bytesIn: null, bytesOut: null, usedBytes: null };
    const users = [userFigures("alice", { ...unknown, addressesToday: null })];
    const stats = statsOf(snapshot({ routing: "direct", users, usersNote: "needs HAProxy routing", edge: null }));
    expect(stats.usersNote).toBe("needs HAProxy routing");
    expect(stats.users[0]).toMatchObject({
      username: "alice",
      connections: "N/A",
      lastSeen: "N/A",
    });
    expect(stats.users[0]?.bytesIn).toBeNull();
  });

  test("tell somebody who never came from somebody of whom nothing is known", () => {
    const seen = "2026-11-21T11:00:00.000Z";
    const users = [
      userFigures("never"),
      userFigures("here", { connections: 8, lastSeen: seen }),
      // The ledger knows when, though HAProxy does not answer now.
      userFigures("before", { connections: null, lastSeen: seen }),
    ];
    expect(statsOf(snapshot({ users })).users.map(({ connections, lastSeen }) => [connections, lastSeen])).toEqual([
      [0, null],
      [8, seen],
      ["N/A", seen],
    ]);
  });

  test("tell of shared secrets beside people, where somebody used one", () => {
    const shared = { connections: 1, totalConnections: 2, bytesIn: 7, bytesOut: 0, usedBytes: 7, lastSeen: null };
    expect(statsOf(snapshot({ shared })).shared).toEqual(shared);
    expect(statsOf(snapshot()).shared).toBeNull();
  });

  test("give resources in MB with one decimal beside the bytes, and keep their shape where nobody can tell", () => {
    const resources = { cpuPercent: 2.3, memoryBytes: 45_678_901, networkRxBytes: 1_234_000_000, networkTxBytes: null };
    expect(statsOf(snapshot({ resources })).resources).toEqual({
      cpuPercent: 2.3,
      memoryMb: 45.7,
      networkRxMb: 1234,
      networkTxMb: null,
      memoryBytes: 45_678_901,
      networkRxBytes: 1_234_000_000,
      networkTxBytes: null,
    });
    expect(Object.values(statsOf(snapshot({ resources: null })).resources)).toEqual(Array(7).fill(null));
  });
});

const edgeFigures = { running: true, connections: 0, uptimeSeconds: 60, oldWorkers: 0, agents: 2, verdicts: {} };

describe("health", () => {
  const now = new Date("2026-11-21T12:00:05Z");
  const served = { version: "1.2.3", since: "2026-11-21T11:00:00.000Z" };
  const of = async (look?: ReturnType<typeof snapshot>, at = now) => {
    const source = new TestSource();
    if (look !== undefined) source.look(look);
    return healthAnswer(source, served, at);
  };

  test("is good while all runs and the look is fresh, whatever else is to be known", async () => {
    expect(await of(snapshot())).toEqual({
      ok: true,
      problems: [],
      warnings: ["there is no history: no history here"],
      ...served,
      lookedAt: "2026-11-21T12:00:00.000Z",
      ageSeconds: 5,
    });
  });

  test.each([
    ["nobody has looked", undefined, "the collector has not looked yet"],
    ["no proxy runs", { proxy: { ...snapshot().proxy, running: false } }, "the proxy does not run"],
    [
      "nobody can tell whether one runs",
      { proxy: { ...snapshot().proxy, running: null }, shards: [] },
      "nobody knows whether the proxy runs: the engine does not answer",
    ],
    ["HAProxy is down", { edge: { ...edgeFigures, running: false } }, "HAProxy does not run: nobody gets in"],
    [
      "HAProxy does not answer",
      { edge: { ...edgeFigures, connections: null, uptimeSeconds: null } },
      "HAProxy does not answer",
    ],
    ["a shard does not run", { shards: [shardFigures({ running: false })] }, "familytraffic-mtproxy does not run"],
    [
      "a shard does not answer",
      { shards: [shardFigures({ readyTargets: null })] },
      "familytraffic-mtproxy does not answer",
    ],
    [
      "Telegram is away",
      { shards: [shardFigures({ readyTargets: 0 })] },
      "familytraffic-mtproxy has no connection to Telegram",
    ],
  ])("is bad when %s", async (_, parts, problem) => {
    const answer = await of(parts === undefined ? undefined : snapshot(parts));
    expect([answer.ok, answer.problems]).toEqual([false, [problem]]);
  });

  test("is bad when the look is old, and warns of agents that are away", async () => {
    const late = await of(snapshot(), new Date("2026-11-21T12:01:00Z"));
    expect([late.ok, late.problems]).toEqual([false, [expect.stringContaining("looked 60 seconds ago")]]);
    const edge = { running: true, connections: 0, uptimeSeconds: 60, oldWorkers: 0, verdicts: {} };
    const warned = async (agents: number) => (await of(snapshot({ edge: { ...edge, agents } }))).warnings[0];
    expect(await warned(1)).toBe("one of two agents is away");
    expect(await warned(0)).toMatch(/^no agent answers/);
  });
});

test("a link comes with the reason why it does not work now", async () => {
  const source = new TestSource();
  source.look(snapshot({ users: [userFigures("alice", { refusal: "expired" })] }));
  const revealed = { enabled: true, link: "tg://proxy?", tmeLink: "https://t.me/proxy?", qrSvg: "<svg/>" };
  const { handlers, streams } = createHandlers({
    ...{ source, metrics: new Metrics({ version: "1.2.3" }), metricsUsers: 1, version: "1.2.3", port: 1 },
    ...{ now: () => new Date(), reveal: async (username) => ({ username, ...revealed }) },
  });
  const refusals = ["alice", "bob"].map(async (name) => {
    const { prepared } = await handlers["/api/users/{name}/link"]({ params: { name }, query: {} });
    return JSON.parse(prepared.body.toString()).refusal;
  });
  expect(await Promise.all(refusals)).toEqual(["expired", null]);
  streams.close();
});

test("the OpenAPI document has what is answered whatever is asked for", () => {
  const { paths } = openApi({ version: "1.2.3", port: 8889 }) as {
    paths: Record<string, { get: { responses: object } }>;
  };
  for (const { get } of Object.values(paths))
    expect(Object.keys(get.responses)).toEqual(expect.arrayContaining(["200", "400", "401", "403", "429"]));
});
