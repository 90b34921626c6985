import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { stopService } from "../../../src/app/live/run-service.ts";
import { tick } from "../../../src/app/live/tick.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { decodeLink } from "../../../src/app/people/decode-link.ts";
import { listUsers } from "../../../src/app/people/list-users.ts";
import { regenerateUserSecret } from "../../../src/app/people/regenerate-user-secret.ts";
import { removeUser } from "../../../src/app/people/remove-user.ts";
import { setUser } from "../../../src/app/people/set-user.ts";
import { switchUser } from "../../../src/app/people/switch-user.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { type AppScene, appScene } from "../../support/app-scene.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const nothing = { expired: [], overlapsEnded: [], applied: false, retryAt: null };

async function running(): Promise<AppScene> {
  const scene = await appScene();
  await applyPlan(scene.ctx);
  return scene;
}

async function add(scene: AppScene, name: string, expires?: string): Promise<string> {
  const { data, failure } = await addUser(scene.ctx, { name, expires });
  expect(failure).toBeUndefined();
  return data.link ?? "";
}

const usersText = ({ home }: AppScene) => readFile(home.paths.users, "utf8");
const shardsText = ({ home }: AppScene) => readFile(home.paths.shards, "utf8");

async function startedBy({ engine }: AppScene, work: () => Promise<unknown>): Promise<number[]> {
  engine.started.length = 0;
  await work();
  return [...engine.started];
}

test("before anything is due tick writes nothing, starts nothing and says nothing", async () => {
  const scene = await running();
  await add(scene, "alice", "1d");
  const [users, shards] = [await usersText(scene), await shardsText(scene)];
  scene.said.length = 0;
  expect(await startedBy(scene, async () => expect((await tick(scene.ctx, {})).data).toEqual(nothing))).toEqual([]);
  expect(scene.said).toEqual([]);
  expect([await usersText(scene), await shardsText(scene)]).toEqual([users, shards]);
});

test("everybody who has expired loses access with one restart, the others keep it, and again nothing is due", async () => {
  const scene = await running();
  const [ann, bob, carol] = [
    await add(scene, "ann", "1d"),
    await add(scene, "bob", "1d"),
    await add(scene, "carol", "3d"),
  ];
  await scene.ctx.clock.sleep(DAY);
  expect((await tick(scene.ctx, { dryRun: true })).data.expired).toEqual(["ann", "bob"]);
  expect(await scene.works(ann)).toBe(true);
  const started = await startedBy(scene, async () =>
    expect(await tick(scene.ctx, {})).toEqual({
      data: { ...nothing, expired: ["ann", "bob"], applied: true },
      warnings: [],
    }),
  );
  expect(started).toEqual([1]);
  expect([await scene.works(ann), await scene.works(bob), await scene.works(carol)]).toEqual([false, false, true]);
  expect((await tick(scene.ctx, {})).data).toEqual(nothing);
  await setUser(scene.ctx, { name: "ann", expires: "never" });
  await switchUser(scene.ctx, { name: "ann", enabled: true });
  expect(await scene.works(ann)).toBe(true);
});

test("an old link works beside the new one until its overlap ends, without a restart before that", async () => {
  const scene = await running();
  const old = await add(scene, "alice");
  let link = "";
  const started = await startedBy(scene, async () => {
    const { data, failure } = await regenerateUserSecret(scene.ctx, { name: "alice", overlap: "7d" });
    expect(failure).toBeUndefined();
    expect(data.formerLinkUntil).toMatch(/^\d{4}-/);
    link = data.link ?? "";
  });
  expect(started).toEqual([]);
  expect([await scene.works(old), await scene.works(link)]).toEqual([true, true]);
  expect((await listUsers(scene.ctx)).data.users[0]?.formerLinkUntil).toMatch(/^\d{4}-/);
  expect((await decodeLink(scene.ctx, old)).warnings).toEqual([
    expect.stringMatching(/^alice has a newer link; this one works until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/),
  ]);
  await scene.ctx.clock.sleep(7 * DAY - HOUR);
  expect((await tick(scene.ctx, {})).data).toEqual(nothing);
  await scene.ctx.clock.sleep(HOUR);
  expect((await listUsers(scene.ctx)).warnings).toEqual([
    expect.stringContaining("old link shall be dead by now AND STILL WORKS"),
  ]);
  expect((await tick(scene.ctx, {})).data).toEqual({ ...nothing, overlapsEnded: ["alice"], applied: true });
  expect([await scene.works(old), await scene.works(link)]).toEqual([false, true]);
  expect(await usersText(scene)).not.toContain("previous");
  expect((await listUsers(scene.ctx)).warnings).toEqual([]);
});

test.each([
  ["disabled", (scene: AppScene) => switchUser(scene.ctx, { name: "alice", enabled: false })],
  ["removed", (scene: AppScene) => removeUser(scene.ctx, { name: "alice" })],
] as const)("both links are dead when somebody in an overlap is %s", async (_, take) => {
  const scene = await running();
  const old = await add(scene, "alice");
  const { data } = await regenerateUserSecret(scene.ctx, { name: "alice", overlap: "7d" });
  expect((await take(scene)).failure).toBeUndefined();
  expect([await scene.works(old), await scene.works(data.link)]).toEqual([false, false]);
});

test("a second new key ends the link before the last, and without an overlap every old one", async () => {
  const scene = await running();
  const first = await add(scene, "alice");
  const second = (await regenerateUserSecret(scene.ctx, { name: "alice", overlap: "7d" })).data.link;
  const third = (await regenerateUserSecret(scene.ctx, { name: "alice", overlap: "1d" })).data.link;
  expect([await scene.works(first), await scene.works(second), await scene.works(third)]).toEqual([false, true, true]);
  const fourth = (await regenerateUserSecret(scene.ctx, { name: "alice" })).data.link;
  expect([await scene.works(second), await scene.works(third), await scene.works(fourth)]).toEqual([
    false,
    false,
    true,
  ]);
});

test("an overlap that is no length of time is refused, and nothing changes", async () => {
  const scene = await running();
  await add(scene, "alice");
  const before = await usersText(scene);
  await expect(regenerateUserSecret(scene.ctx, { name: "alice", overlap: "a week" })).rejects.toMatchObject({
    kind: "invalid",
  });
  expect(await usersText(scene)).toBe(before);
});

test("who has expired and still gets in is named, and tried again less and less often while the proxy refuses", async () => {
  const scene = await running();
  const link = await add(scene, "alice", "1d");
  await scene.ctx.clock.sleep(DAY);
  scene.engine.faults.up = new AppError("engine", "it does not start");
  const failed = await tick(scene.ctx, {});
  expect(failed.failure).toMatchObject({
    kind: "engine",
    message: expect.stringContaining("expired, BUT STILL WORKING until that is live: alice"),
  });
  expect(await scene.works(link)).toBe(true);
  expect((await tick(scene.ctx, {})).data).toEqual({ ...nothing, retryAt: expect.stringMatching(/^\d{4}-/) });
  await scene.ctx.clock.sleep(5 * 60_000);
  expect((await tick(scene.ctx, {})).failure).toMatchObject({ kind: "engine" });
  delete scene.engine.faults.up;
  await scene.ctx.clock.sleep(5 * 60_000);
  expect((await tick(scene.ctx, {})).data.retryAt).not.toBeNull();
  await scene.ctx.clock.sleep(5 * 60_000);
  expect((await tick(scene.ctx, {})).data).toEqual({ ...nothing, applied: true });
  expect(await scene.works(link)).toBe(false);
});

test("something new is tried at once, whatever failed before", async () => {
  const scene = await running();
  await add(scene, "alice", "1d");
  const bob = await add(scene, "bob", "25h");
  await scene.ctx.clock.sleep(DAY);
  scene.engine.faults.up = new AppError("engine", "it does not start");
  for (const pause of [0, HOUR / 12, HOUR / 6, HOUR / 3]) {
    await scene.ctx.clock.sleep(pause);
    await tick(scene.ctx, {});
  }
  delete scene.engine.faults.up;
  await scene.ctx.clock.sleep((25 / 60) * HOUR);
  expect((await tick(scene.ctx, {})).data).toMatchObject({ expired: ["bob"], applied: true });
  expect(await scene.works(bob)).toBe(false);
});

test("a proxy that somebody stopped stays stopped and starts without the keys that expired meanwhile", async () => {
  const scene = await running();
  const link = await add(scene, "alice", "1d");
  await stopService(scene.ctx, {});
  await scene.ctx.clock.sleep(DAY);
  const stopped = await tick(scene.ctx, {});
  expect(stopped).toEqual({ data: { ...nothing, expired: ["alice"] } });
  expect((await tick(scene.ctx, {})).failure).toBeUndefined();
  expect((await scene.engine.instances()).some((instance) => instance.running)).toBe(false);
  await applyPlan(scene.ctx, { startStopped: true });
  expect(await scene.works(link)).toBe(false);
});

test("tick starts nothing in a home where nothing ever ran", async () => {
  const scene = await appScene();
  expect((await tick(scene.ctx, {})).data).toEqual(nothing);
  expect(scene.engine.started).toEqual([]);
});
