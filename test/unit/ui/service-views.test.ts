import { expect, it } from "vitest";
import { planCost } from "../../../src/domain/plan/changes.ts";
import { planView } from "../../../src/ui/service-views.ts";
import { createStyle } from "../../../src/ui/style.ts";

it("a plan without an engine tells no cost, and still who is to lose access and what ran before", () => {
  const shard = { shardId: 1, port: 8443, family: "obfuscated", coverDomains: [], assignedSlots: 1, spareSlots: 15 };
  const plan = {
    pending: true,
    shards: [{ ...shard, family: "obfuscated" as const }],
    changes: [],
    cost: planCost([]),
    revocations: [{ holder: "alice", shardId: 1 }],
    moves: [],
    haproxy: null,
    formerEngine: "trial" as const,
  };
  const text = planView(plan, createStyle(false));
  expect(text).toContain("what is live cannot be told");
  expect(text).toContain("alice");
  expect(text).toContain("the engine trial");
  expect(text).not.toContain("Costs");
});
