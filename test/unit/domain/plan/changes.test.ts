import { describe, expect, it } from "vitest";
import { dockerCapabilities } from "../../../../src/domain/engine-facts.ts";
import { type EdgeMeans, planCost, shardChanges } from "../../../../src/domain/plan/changes.ts";
import { makePlan } from "../../../../src/domain/plan/plan.ts";
import { keySupply, numberedKey, planInput, proxyUser } from "../../../support/domain.ts";

const plan = makePlan(planInput({ users: [proxyUser("alice", numberedKey(1))], newKey: keySupply() }));
const [present, gone] = [1, 2];
const clients = new Map([
  [present, 5],
  [gone, 7],
]);

function changes(runs: string, means?: EdgeMeans) {
  const running = [
    { shardId: present, running: true, configDigest: runs },
    { shardId: gone, running: true, configDigest: "x" },
  ];
  return shardChanges(plan, new Map([[present, "wanted"]]), running, clients, dockerCapabilities, means);
}

const told = (runs: string, means?: EdgeMeans) =>
  changes(runs, means).map(({ shardId, action, connectionsCut }) => [shardId, action, connectionsCut]);

describe("what happens to shards", () => {
  it("without HAProxy cuts who is on one that restarts or goes", () => {
    expect(told("other")).toEqual([
      [present, "restart", 5],
      [gone, "remove", 7],
    ]);
    expect(planCost(changes("other")).connectionsCut).toBe(12);
  });

  it("behind HAProxy cuts nobody but who still drains from a replacement before", () => {
    const removed = [gone, "remove", 0];
    expect(told("other", { replaces: true })).toEqual([[present, "replace", 0], removed]);
    expect(told("other", { replaces: true, beside: new Map([[present, 3]]) })).toEqual([
      [present, "replace", 3],
      removed,
    ]);
    expect(told("wanted", { replaces: true, beside: new Map([[present, 3]]) })).toEqual([
      [present, "none", 0],
      removed,
    ]);
  });

  it("replaces one with a file of before, also where nothing else differs or the rest could wait", () => {
    const means = { replaces: true, outdated: new Set([present]), mayWait: () => true };
    expect(told("wanted", means)[0]).toEqual([present, "replace", 0]);
    expect(told("other", means)[0]).toEqual([present, "replace", 0]);
    expect(changes("wanted", means)[0]?.reasons).toEqual(["Telegram's proxy-multi.conf changes"]);
    expect(told("other", { ...means, outdated: new Set() })[0]).toEqual([present, "defer", 0]);
  });

  it("leaves one alone that is gone and only drains", () => {
    expect(told("wanted", { replaces: true, drains: (id) => id === gone })).toEqual([[present, "none", 0]]);
  });
});
