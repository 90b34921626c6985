import { access } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyAll, stopService } from "../../../src/app/live/run-service.ts";
import { showPlan } from "../../../src/app/live/show-plan.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { removeUser } from "../../../src/app/people/remove-user.ts";
import { setUp } from "../../../src/app/setup/setup.ts";
import { readStatus } from "../../../src/app/watching/read-status.ts";
import type { HostContext } from "../../../src/context.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { appScene } from "../../support/app-scene.ts";
import { MemoryEngine } from "../../support/memory-engine.ts";

/** A home whose alice and bob are served by one engine in memory for `docker`, with another one beside it for `trial`. */
async function twoEngines() {
  const scene = await appScene();
  const { engine: docker, home } = scene;
  const trial = new MemoryEngine();
  const ctx: HostContext = { ...scene.ctx, engine: async ({ engine }) => (engine === "docker" ? docker : trial) };
  await setUp(ctx, {});
  for (const name of ["alice", "bob"]) expect((await addUser(ctx, { name })).failure).toBeUndefined();
  const isThere = (name: string) =>
    access(join(home.paths.rendered, name)).then(
      () => true,
      () => false,
    );
  return { ...scene, ctx, docker, trial, isThere };
}

const runs = (engine: MemoryEngine) => [...engine.shards.values()].map(({ running }) => running);
const NOW_GONE = "ended what docker ran before: familytraffic-mtproxy";
const STILL = "what the engine docker ran for this home before may STILL LET PEOPLE IN: mtproxy apply ends it";
const unreachable = () => new AppError("environment", "the daemon does not run");

describe("setup with another engine", () => {
  it("ends what the former one ran, with its keys, before the new one starts", async () => {
    const { ctx, docker, trial, said, isThere } = await twoEngines();
    const up = trial.up.bind(trial);
    trial.up = async (changed, removed) => {
      expect(runs(docker)).toEqual([false]);
      return up(changed, removed);
    };
    const { data, failure, warnings } = await setUp(ctx, { engine: "trial" });
    expect([failure, warnings, data.running, data.replaces]).toEqual([undefined, [], true, "docker"]);
    expect([docker.shards.size, runs(trial)]).toEqual([0, [true]]);
    expect(said).toContain(NOW_GONE);
    expect(await Promise.all(["docker-compose.yml", ".env", "familytraffic-mtproxy"].map(isThere))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("and back ends the other one", async () => {
    const { ctx, docker, trial, isThere, works } = await twoEngines();
    const alice = (await addUser(ctx, { name: "alice" })).data;
    await setUp(ctx, { engine: "trial" });
    expect((await setUp(ctx, { engine: "docker" })).data.replaces).toBe("trial");
    expect([runs(docker), trial.shards.size, await isThere("trial.json")]).toEqual([[true], 0, false]);
    expect(await works(alice.link)).toBe(true);
    expect((await setUp(ctx, {})).data.replaces).toBeNull();
  });

  it("only shows that with --dry-run", async () => {
    const { ctx, docker, trial } = await twoEngines();
    const { data } = await setUp(ctx, { engine: "trial", dryRun: true });
    expect([data.replaces, runs(docker), trial.shards.size]).toEqual(["docker", [true], 0]);
  });

  it("with --no-start leaves it running and says so, until the next apply", async () => {
    const { ctx, docker, trial } = await twoEngines();
    expect((await setUp(ctx, { engine: "trial", start: false })).warnings).toEqual([STILL]);
    expect(runs(docker)).toEqual([true]);
    await applyAll(ctx, {});
    expect([docker.shards.size, runs(trial)]).toEqual([0, [true]]);
  });

  it("that does not become healthy has the former one serve again", async () => {
    const { ctx, docker, trial, works, home } = await twoEngines();
    const { link } = (await addUser(ctx, { name: "alice" })).data;
    trial.faults.neverReady = true;
    const { data, failure, warnings } = await setUp(ctx, { engine: "trial" });
    expect([data.running, data.replaces, failure?.kind, warnings]).toEqual([false, null, "engine", [STILL]]);
    expect([runs(docker), trial.shards.size]).toEqual([[true], 0]);
    expect(await works(link)).toBe(true);
    expect((await home.stores.settings.read())?.engine).toBe("trial");

    delete trial.faults.neverReady;
    expect((await applyAll(ctx, {})).failure).toBeUndefined();
    expect([docker.shards.size, runs(trial)]).toEqual([0, [true]]);
  });

  it("does not start again what an admin had stopped", async () => {
    const { ctx, docker, trial } = await twoEngines();
    await docker.stop();
    trial.faults.neverReady = true;
    await setUp(ctx, { engine: "trial" });
    expect(runs(docker)).toEqual([false]);
  });

  it("keeps the former one while the new one is not there at all", async () => {
    const { ctx, docker, trial } = await twoEngines();
    trial.faults.unusable = unreachable();
    const { failure, warnings } = await setUp(ctx, { engine: "trial" });
    expect([failure?.kind, warnings, runs(docker)]).toEqual(["environment", [STILL], [true]]);
  });
});

describe("a former engine that cannot be reached", () => {
  it("is said loudly, keeps the new one from nothing, and is ended once it can be", async () => {
    const { ctx, docker, trial, said } = await twoEngines();
    docker.faults.unusable = unreachable();
    const { data } = await setUp(ctx, { engine: "trial" });
    expect([data.running, data.replaces, runs(trial)]).toEqual([true, null, [true]]);
    const warning = said.find((line) => line.startsWith("! the engine docker, which served this home before"));
    expect(warning).toContain("(the daemon does not run)");
    expect(warning).toContain("ITS CONTAINERS MAY STILL RUN AND LET IN EVERYBODY WHO HAD A LINK");
    expect(warning).toMatch(
      /mtproxy apply ends them once it can be reached; if it is gone for good: rm \S+compose\.yml$/,
    );

    said.length = 0;
    await removeUser(ctx, { name: "alice" });
    expect(said.join("\n")).toContain("ITS CONTAINERS MAY STILL RUN");
    delete docker.faults.unusable;
    expect(runs(docker)).toEqual([true]);
    // Nothing of the new engine is to be done, and yet not everything is.
    const left = await showPlan(ctx, { exitCode: true });
    expect([left.data.pending, left.data.formerEngine, left.failure?.kind]).toEqual([true, "docker", "pending"]);
    expect(left.data.changes.map(({ action }) => action)).toEqual(["none"]);
    await removeUser(ctx, { name: "bob" });
    const after = await showPlan(ctx, { exitCode: true });
    expect([after.data.pending, after.data.formerEngine, after.failure]).toEqual([false, null, undefined]);
    expect([docker.shards.size, runs(trial)]).toEqual([0, [true]]);
  });

  it("is told by every command that looks at what runs", async () => {
    const { ctx, docker, said } = await twoEngines();
    docker.faults.unusable = unreachable();
    await setUp(ctx, { engine: "trial" });
    said.length = 0;
    expect((await readStatus(ctx)).warnings).toContain(STILL);
    expect((await stopService(ctx, { dryRun: true })).warnings).toContain(STILL);
    await showPlan(ctx, {});
    expect(said).toEqual([`! ${STILL}`]);
  });

  it("serves another home by now: nothing of this one is left there", async () => {
    const { ctx, docker, trial, isThere } = await twoEngines();
    docker.instances = async () => {
      throw new AppError("conflict", "the containers belong to another home");
    };
    const { data } = await setUp(ctx, { engine: "trial" });
    expect([data.replaces, runs(trial), runs(docker), await isThere("docker-compose.yml")]).toEqual([
      "docker",
      [true],
      [true],
      false,
    ]);
  });
});

describe("a setup that was cut off after it had written the settings", () => {
  it("is finished by whatever makes something live next", async () => {
    const { ctx, docker, trial, home } = await twoEngines();
    const settings = await home.stores.settings.read();
    if (settings !== undefined) await home.stores.settings.write({ ...settings, engine: "trial" });
    expect((await readStatus(ctx)).warnings).toContain(STILL);
    const { failure } = await removeUser(ctx, { name: "alice" });
    expect(failure).toBeUndefined();
    expect([docker.shards.size, runs(trial)]).toEqual([0, [true]]);
  });
});
