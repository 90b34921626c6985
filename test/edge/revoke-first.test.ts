import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { EdgePlan } from "../../src/app/routing/edge-deployment.ts";
import { isHandedOver, revokeFirst } from "../../src/app/routing/revoke-first.ts";
import type { Context } from "../../src/context.ts";
import type { EdgeKey } from "../../src/edge/identify/edge-key.ts";
import type { Haproxy } from "../../src/haproxy.ts";
import { renderEdgeKeys } from "../../src/render/edge-keys.ts";
import { DaemonHome } from "../support/edge/daemon-home.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { headerOf, helloOf } from "../unit/edge/identify/edge-keys.ts";

/** What a command is made of that takes alice's key away and is killed at some point. */
const cuts: Readonly<Record<string, (ctx: Context, haproxy: Haproxy) => readonly [Context, Haproxy]>> = {
  "before the agents have the new keys": (ctx, haproxy) => {
    const write: Context["files"]["write"] = (path, ...rest) =>
      path.endsWith("keys.json") ? killed() : ctx.files.write(path, ...rest);
    return [{ ...ctx, files: { ...ctx.files, write } }, haproxy];
  },
  "before it closes what is open": (ctx, haproxy) => [
    ctx,
    { servers: () => haproxy.servers(), closeSessions: killed } as unknown as Haproxy,
  ],
};

function killed(): Promise<never> {
  return Promise.reject(new Error("killed"));
}

test("a command that is killed while it takes a key away leaves nobody connected after the next one", async () => {
  const scene = await EdgeScene.start([alice, bob]);
  const { ctx } = await DaemonHome.of(scene, [[alice], [bob]]);
  const planFor = (entries: readonly EdgeKey[]) =>
    ({ entries, subnet: "10.213.0.0/22", keys: (some = entries) => renderEdgeKeys(some, true) }) as unknown as EdgePlan;
  const sides = new Map([
    [1, "a"],
    [2, "a"],
  ] as const);
  const kept = scene.visitor();
  expect(await kept.say(helloOf(bob))).toBe("shard2");
  for (const [when, cut] of Object.entries(cuts)) {
    await revokeFirst(ctx, scene.runtime, planFor([alice, bob]), sides);
    const lost = scene.visitor();
    expect(await lost.say(headerOf(alice)), when).toBe("shard1");
    await expect(revokeFirst(...cut(ctx, scene.runtime), planFor([bob]), sides)).rejects.toThrow("killed");
    expect(lost.isClosed).toBe(false);
    expect(await isHandedOver(ctx, [bob])).toBe(false);
    expect(await revokeFirst(ctx, scene.runtime, planFor([bob]), sides)).toBe(2);
    expect(await isHandedOver(ctx, [bob])).toBe(true);
    await vi.waitUntil(() => lost.isClosed);
    expect(await scene.whoAnswers(headerOf(alice))).toBe("site");
    await expect(stat(join(ctx.paths.run, "closing.json"))).rejects.toThrow("ENOENT");
  }
  expect(await kept.say(Buffer.from("more"))).toBe("shard2");
});
