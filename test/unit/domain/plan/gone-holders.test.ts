import { expect, it } from "vitest";
import { goneHolders } from "../../../../src/domain/plan/gone-holders.ts";
import { makePlan } from "../../../../src/domain/plan/plan.ts";
import { numberedKey, planInput, proxyUser } from "../../../support/domain.ts";

it("names who has a slot and is no longer in users.json, shared secrets not among them", () => {
  const users = [proxyUser("alice", numberedKey(1)), proxyUser("bob", numberedKey(2))];
  const sharedSecrets = [{ secret: proxyUser("x", numberedKey(3)).secret, active: true }];
  const { book } = makePlan(planInput({ users, sharedSecrets }));
  expect(goneHolders(book, users)).toEqual([]);
  expect(goneHolders(book, users.slice(1))).toEqual(["alice"]);
});
