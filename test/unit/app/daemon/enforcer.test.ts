import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Enforcer } from "../../../../src/app/daemon/enforcer.ts";
import { AGENT_REFUSALS_FILE } from "../../../../src/domain/agent.ts";
import type { PassingRefusals } from "../../../../src/domain/refusals.ts";
import { appScene } from "../../../support/app-scene.ts";

test("whoever is refused from now on, and let in again, is told the agents, whatever the name", async () => {
  const { ctx } = await appScene({ routing: "edge" });
  const enforcer = new Enforcer(ctx, () => {});
  const told = async (wanted: PassingRefusals) => {
    // No HAProxy runs here that could close anything: that is tried again.
    await enforcer.enforce(wanted).catch(() => {});
    return JSON.parse(await readFile(join(ctx.paths.agents, AGENT_REFUSALS_FILE), "utf8")).reasons;
  };
  for (const wanted of [[], [["constructor", "expired"]], [], [["valueOf", "over-quota"]]] as const) {
    const refusals: PassingRefusals = Object.fromEntries(wanted);
    expect(await told(refusals)).toEqual(refusals);
  }
});
