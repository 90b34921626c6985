import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { planState } from "../../../src/app/live/plan-state.ts";
import { tick } from "../../../src/app/live/tick.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { linkOf } from "../../../src/app/people/client-files.ts";
import { regenerateUserSecret } from "../../../src/app/people/regenerate-user-secret.ts";
import { removeUser } from "../../../src/app/people/remove-user.ts";
import { type RotateOptions, rotateAll } from "../../../src/app/people/rotate-all.ts";
import { switchUser } from "../../../src/app/people/switch-user.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { parseLink, tgLink } from "../../../src/domain/link.ts";
import { makeSecret, revealSecret } from "../../../src/domain/secret.ts";
import { type AppScene, appScene } from "../../support/app-scene.ts";
import { numberedKey } from "../../support/domain.ts";

const DAY = 86_400_000;
const PEOPLE = 8;

/** People of two modes on a running proxy, and their links. */
async function crowd(): Promise<{ scene: AppScene; links: string[] }> {
  const scene = await appScene();
  scene.machine.names["google.com"] = "192.0.2.10";
  scene.machine.names["cloudflare.com"] = "192.0.2.11";
  const secrets = Array.from({ length: PEOPLE }, (_, index) =>
    makeSecret(index % 2 === 0 ? "padded" : "fake-tls", numberedKey(index), "google.com"),
  );
  const users = secrets.map((secret, index) => ({ username: `u${index}`, mtproxy_secret: revealSecret(secret) }));
  await scene.home.put(scene.home.paths.users, JSON.stringify({ users }));
  await applyPlan(scene.ctx);
  const planned = await planState(scene.ctx);
  const links = secrets
    .map((secret) => linkOf(planned, { secret }))
    .map((link) => (link === undefined ? "" : tgLink(link)));
  expect(await worksAll(scene, links)).toEqual(all(true));
  return { scene, links };
}

const worksAll = (scene: AppScene, links: readonly (string | null)[]) =>
  Promise.all(links.map((link) => scene.works(link)));

async function rotated(scene: AppScene, options: RotateOptions = {}) {
  const { data, failure } = await rotateAll(scene.ctx, options);
  expect(failure).toBeUndefined();
  return data;
}

const all = (value: boolean) => Array.from({ length: PEOPLE }, () => value);

test("everybody has a new link that works, every old one is dead, and there is something to send to each", async () => {
  const { scene, links } = await crowd();
  const { users } = await rotated(scene);
  const next = users.map(({ link }) => link);
  expect(await worksAll(scene, next)).toEqual(all(true));
  expect(await worksAll(scene, links)).toEqual(all(false));
  for (const { link, files, invitation } of users) {
    expect((await readFile(files.link, "utf8")).split("\n")[0]).toBe(link);
    expect(await readFile(invitation?.message ?? "", "utf8")).toContain(`\n${link}\n`);
    expect(await readFile(invitation?.page ?? "", "utf8")).toContain((link ?? "").replaceAll("&", "&amp;"));
    expect((await stat(invitation?.page ?? "")).mode & 0o777).toBe(0o600);
  }
});

test("with an overlap both links work until tick ends the old ones", async () => {
  const { scene, links } = await crowd();
  const { users, oldLinksUntil } = await rotated(scene, { overlap: "7d" });
  const next = users.map(({ link }) => link);
  expect(oldLinksUntil).toMatch(/^\d{4}-/);
  expect([await worksAll(scene, links), await worksAll(scene, next)]).toEqual([all(true), all(true)]);
  expect(await readFile(users[0]?.invitation?.message ?? "", "utf8")).toMatch(/The old link works until \d{4}-/);
  await scene.ctx.clock.sleep(7 * DAY);
  expect((await tick(scene.ctx, {})).data.overlapsEnded).toHaveLength(PEOPLE);
  expect([await worksAll(scene, links), await worksAll(scene, next)]).toEqual([all(false), all(true)]);
});

test("another cover domain is everybody's who has a fake-TLS link, and another port everybody's: that one and the next free ones", async () => {
  const { scene } = await crowd();
  scene.machine.busyPorts.add(9444);
  const { users, port, domain } = await rotated(scene, { domain: "cloudflare.com", port: 9443 });
  expect([port, domain]).toEqual([9443, "cloudflare.com"]);
  expect(new Set(users.map((user) => user.domain))).toEqual(new Set([null, "cloudflare.com"]));
  expect(users.filter(({ mode }) => mode === "padded").map((user) => user.port)).toEqual(Array(PEOPLE / 2).fill(9443));
  const { shards } = await scene.ctx.stores.shards.read();
  expect(shards.map((shard) => shard.port)).toEqual([9443, ...shards.slice(1).map((_, index) => 9445 + index)]);
  expect(users.every((user) => shards.some((shard) => shard.port === user.port))).toBe(true);
  expect(shards.length).toBeGreaterThan(1);
  expect(
    await worksAll(
      scene,
      users.map(({ link }) => link),
    ),
  ).toEqual(all(true));
});

test("who is disabled stays so, and is sent nothing", async () => {
  const { scene } = await crowd();
  await switchUser(scene.ctx, { name: "u3", enabled: false });
  const { users } = await rotated(scene);
  const off = users.find(({ username }) => username === "u3");
  expect(off).toMatchObject({ enabled: false, invitation: null });
  expect(await scene.works(off?.link)).toBe(false);
  await switchUser(scene.ctx, { name: "u3", enabled: true });
  expect(await scene.works(off?.link)).toBe(true);
});

test("a page is never left with a dead link, and goes with the person", async () => {
  const { scene } = await crowd();
  const { users } = await rotated(scene);
  const page = users[0]?.invitation?.page ?? "";
  const { data } = await regenerateUserSecret(scene.ctx, { name: "u0" });
  expect(await readFile(page, "utf8")).toContain((data.link ?? "").replaceAll("&", "&amp;"));
  await removeUser(scene.ctx, { name: "u0" });
  expect(await stat(page).catch(() => "gone")).toBe("gone");
});

test("a dry run shows no link and changes nothing", async () => {
  const { scene, links } = await crowd();
  const before = await readFile(scene.home.paths.users, "utf8");
  const { users, port } = await rotated(scene, { dryRun: true, port: 9443 });
  expect([users.length, port, new Set(users.map(({ link }) => link))]).toEqual([PEOPLE, 9443, new Set([null])]);
  expect(await readFile(scene.home.paths.users, "utf8")).toBe(before);
  expect(await worksAll(scene, links)).toEqual(all(true));
});

test("when the proxy refuses, people keep their old links, which is said, and apply makes the new ones live", async () => {
  const { scene, links } = await crowd();
  scene.engine.faults.up = new AppError("engine", "it does not start");
  const { data, failure } = await rotateAll(scene.ctx, {});
  expect(failure?.message).toContain(`${PEOPLE} people have new keys, BUT THE OLD LINKS STILL WORK`);
  expect(data.users.map(({ invitation }) => invitation)).toEqual(Array(PEOPLE).fill(null));
  expect(await scene.works(links[0])).toBe(true);
  delete scene.engine.faults.up;
  await applyPlan(scene.ctx);
  expect(
    await worksAll(
      scene,
      data.users.map(({ link }) => link),
    ),
  ).toEqual(all(true));
  expect(await worksAll(scene, links)).toEqual(all(false));
});

test("an old key that a shared secret has too is not called dead", async () => {
  const { scene, links } = await crowd();
  const { secret } = parseLink(links[0] ?? "");
  await scene.ctx.stores.sharedSecrets.write([{ secret, active: true }]);
  expect((await rotateAll(scene.ctx, {})).failure).toMatchObject({
    kind: "conflict",
    message: "an old link STILL WORKS: a shared secret has the same key",
  });
});

test.each([
  [{ overlap: "7d", port: 9443 }, "usage"],
  [{ overlap: "soon" }, "invalid"],
  [{ domain: "evil.example" }, "invalid"],
] as const)("%j is refused, and nothing changes", async (options, kind) => {
  const { scene, links } = await crowd();
  await expect(rotateAll(scene.ctx, options)).rejects.toMatchObject({ kind });
  expect(await scene.works(links[0])).toBe(true);
});

test("there must be somebody, and a fake-TLS link where another cover domain is asked for", async () => {
  const scene = await appScene();
  await applyPlan(scene.ctx);
  await expect(rotateAll(scene.ctx, {})).rejects.toMatchObject({ kind: "conflict" });
  await addUser(scene.ctx, { name: "alice" });
  await expect(rotateAll(scene.ctx, { domain: "google.com" })).rejects.toThrow(/nobody has a fake-TLS link/);
});

test("whose new link is shown has it noted, also while another apply keeps this one from planning", async () => {
  const { scene } = await crowd();
  const { locks, paths, stores } = scene.ctx;
  const withLock: typeof locks.withLock = (path, work, options) =>
    locks.withLock(path, work, { ...options, ...(path.endsWith("apply.lock") ? { waitMs: 50 } : {}) });
  const hurried = { ...scene.ctx, locks: { ...locks, withLock } };
  let end = (): void => {};
  const other = locks.withLock(join(paths.run, "apply.lock"), () => new Promise<void>((ended) => (end = ended)));
  const { data, failure } = await rotateAll(hurried, {});
  end();
  await other;
  expect(failure?.kind).toBe("conflict");
  const shown = data.users.map(({ link }) => parseLink(link ?? "").secret.key.reveal());
  const { shards } = await stores.shards.read();
  const noted = shards.flatMap(({ slots }) => slots).filter(({ holder }) => holder !== undefined);
  expect(noted.map(({ key }) => key.reveal())).toEqual(expect.arrayContaining(shown));
});
