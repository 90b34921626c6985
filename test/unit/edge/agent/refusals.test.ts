import { describe, expect, it } from "vitest";
import { noRefusals, parseRefusals, withRefusals } from "../../../../src/edge/agent/refusals.ts";
import { padded } from "../identify/edge-keys.ts";

const alice = padded("alice");
const old = padded("alice", { server: "alice:old" });
const bob = padded("bob", { refusal: "disabled" });

describe("who is refused for the moment", () => {
  it("is refused with every key, or with the one that is named", () => {
    const refused = (reasons: Record<string, "expired" | "over-quota">) =>
      withRefusals([alice, old, bob], { generation: "1", reasons }).map(({ refusal }) => refusal);
    expect(refused({ alice: "over-quota" })).toEqual(["over-quota", "over-quota", "disabled"]);
    expect(refused({ "alice:old": "expired", bob: "over-quota" })).toEqual([undefined, "expired", "disabled"]);
    expect(withRefusals([padded("constructor")], noRefusals)[0]?.refusal).toBeUndefined();
  });

  it("is read from a file of ours, and nothing else", () => {
    const refusals = { generation: "7", reasons: { alice: "expired" as const } };
    expect(parseRefusals(JSON.stringify(refusals))).toEqual(refusals);
    for (const text of ["", "{}", '{"generation":"1","reasons":{"a":"revoked"}}', '{"generation":1,"reasons":{}}'])
      expect(() => parseRefusals(text)).toThrow(/cannot be read/);
  });
});
