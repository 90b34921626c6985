import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { addUsers } from "../../../src/app/people/add-users.ts";
import { listUsers } from "../../../src/app/people/list-users.ts";
import { setUser } from "../../../src/app/people/set-user.ts";
import { showUser } from "../../../src/app/people/show-user.ts";
import { switchUser } from "../../../src/app/people/switch-user.ts";
import { parseLink } from "../../../src/domain/link.ts";
import { type AppScene, appScene } from "../../support/app-scene.ts";

const DAY = 86_400_000;

async function running(): Promise<AppScene> {
  const scene = await appScene();
  await applyPlan(scene.ctx);
  return scene;
}

async function listed({ ctx }: AppScene) {
  return (await listUsers(ctx)).data.users;
}

const usersText = ({ home }: AppScene) => readFile(home.paths.users, "utf8");

test("a note, tags and an end are kept with the person, under names of our own", async () => {
  const scene = await running();
  await addUser(scene.ctx, {
    name: "alice",
    note: "aunt",
    tag: ["berlin", "old phone".replace(" ", "-")],
    expires: "30d",
  });
  const { users } = JSON.parse(await usersText(scene)) as { users: Record<string, unknown>[] };
  expect(users[0]).toMatchObject({
    mtproxy_note: "aunt",
    mtproxy_tags: ["berlin", "old-phone"],
    mtproxy_expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect((await listed(scene))[0]).toMatchObject({ note: "aunt", tags: ["berlin", "old-phone"], expired: false });
  expect((await showUser(scene.ctx, "alice")).data).toMatchObject({ note: "aunt", tags: ["berlin", "old-phone"] });
});

test("adding somebody again with the same words is no change, with others a conflict that names the way", async () => {
  const scene = await running();
  await addUser(scene.ctx, { name: "alice", note: "aunt" });
  const before = await usersText(scene);
  expect((await addUser(scene.ctx, { name: "alice", note: "aunt" })).data.added).toBe(false);
  expect((await addUser(scene.ctx, { name: "alice" })).data.added).toBe(false);
  await expect(addUser(scene.ctx, { name: "alice", note: "uncle" })).rejects.toMatchObject({
    kind: "conflict",
    hint: "mtproxy set-user alice changes them",
  });
  expect(await usersText(scene)).toBe(before);
});

test("set-user changes what it is told to and nothing else, and takes it away again without a trace", async () => {
  const scene = await running();
  await addUser(scene.ctx, { name: "alice" });
  const before = await usersText(scene);
  const set = await setUser(scene.ctx, { name: "ALICE", note: "aunt", tag: ["a"], expires: "2w" });
  expect(set.data).toMatchObject({ username: "alice", note: "aunt", tags: ["a"], changed: true });
  expect((await setUser(scene.ctx, { name: "alice", note: "aunt" })).data.changed).toBe(false);
  expect((await setUser(scene.ctx, { name: "alice", note: "x", dryRun: true })).data).toMatchObject({ note: "x" });
  expect((await listed(scene))[0]).toMatchObject({ note: "aunt", tags: ["a"] });
  await setUser(scene.ctx, { name: "alice", note: "", noTags: true, expires: "never" });
  expect(await usersText(scene)).toBe(before);
});

test("a key in a note that was written into the file by hand is shown nowhere", async () => {
  const scene = await running();
  const { data } = await addUser(scene.ctx, { name: "alice" });
  const digits = parseLink(data.link ?? "").secret.key.reveal();
  const text = (await usersText(scene)).replace(
    '"mtproxy_enabled"',
    `"mtproxy_note": "has dd${digits}", "mtproxy_enabled"`,
  );
  await scene.home.put(scene.home.paths.users, text);
  expect((await listed(scene))[0]?.note).toBe("has [digits]");
  expect((await showUser(scene.ctx, "alice")).data.note).toBe("has [digits]");
});

test("an end that is none stops every command with the place of it", async () => {
  const scene = await running();
  for (const end of ['"soon"', '"2027-13-01T00:00Z"', "7"]) {
    await scene.home.put(scene.home.paths.users, `{"users":[{"username":"vlad","mtproxy_expires_at":${end}}]}`);
    await expect(listUsers(scene.ctx)).rejects.toThrow(/users\[0\]\.mtproxy_expires_at" must be a time such as/);
  }
});

test("nothing to change, and an end for somebody without a link, are refused", async () => {
  const scene = await running();
  await scene.home.put(scene.home.paths.users, '{"users":[{"username":"vlad","uuid":"u"}]}');
  await expect(setUser(scene.ctx, { name: "vlad" })).rejects.toMatchObject({ kind: "usage" });
  await expect(setUser(scene.ctx, { name: "vlad", expires: "1d" })).rejects.toMatchObject({ kind: "conflict" });
  expect((await setUser(scene.ctx, { name: "vlad", note: "neighbour" })).data).toMatchObject({ enabled: false });
});

test("who has expired is named while the link still works, and cannot be enabled before there is more time", async () => {
  const scene = await running();
  const { data } = await addUser(scene.ctx, { name: "alice", expires: "1d" });
  await scene.ctx.clock.sleep(2 * DAY);
  expect((await listUsers(scene.ctx)).warnings).toContain(
    "alice's link has expired AND STILL WORKS until mtproxy tick, which a timer should run",
  );
  expect((await showUser(scene.ctx, "alice")).warnings).toEqual([
    expect.stringMatching(/^alice's link has expired \(\d{4}-.*\) AND STILL WORKS until mtproxy tick/),
  ]);
  await switchUser(scene.ctx, { name: "alice", enabled: false });
  expect((await listUsers(scene.ctx)).warnings).toEqual([]);
  await expect(switchUser(scene.ctx, { name: "alice", enabled: true })).rejects.toMatchObject({
    kind: "conflict",
    message: expect.stringMatching(/^alice's link expired on \d{4}-\d\d-\d\d \d\d:\d\d UTC$/),
    hint: "mtproxy set-user alice --expires 30d (or never), then mtproxy enable-user alice",
  });
  const more = await setUser(scene.ctx, { name: "alice", expires: "1d" });
  expect(more.warnings).toEqual(["alice is still disabled: mtproxy enable-user alice"]);
  expect((await switchUser(scene.ctx, { name: "alice", enabled: true })).failure).toBeUndefined();
  expect(await scene.works(data.link)).toBe(true);
});

test("behind HAProxy a link that has expired does not work, and nobody is told that it does", async () => {
  const scene = await appScene({ routing: "edge" });
  await addUser(scene.ctx, { name: "alice", expires: "1d" });
  await scene.ctx.clock.sleep(2 * DAY);
  expect((await listUsers(scene.ctx)).warnings).toContain(
    "alice's link has expired, so it does not work: mtproxy set-user alice --expires 30d (or never)",
  );
});

test("a list of forty people is one write and one apply, every link works, and the same list again changes nothing", async () => {
  const scene = await running();
  await addUser(scene.ctx, { name: "p3" });
  const lines = Array.from(
    { length: 40 },
    (_, index) => `p${index}${index === 3 ? "" : `,${["", "plain", "ee"][index % 3]},,30d,n${index}`}`,
  );
  const file = `${scene.home.paths.home}/people.csv`;
  await scene.home.put(file, lines.join("\n"));
  scene.engine.started.length = 0;
  const { data, failure } = await addUsers(scene.ctx, { file });
  expect(failure).toBeUndefined();
  expect(data).toMatchObject({ added: 39, present: 1, refused: 0 });
  const links = data.lines.map(({ card }) => card?.link);
  expect(new Set(links).size).toBe(40);
  expect(await Promise.all(links.map((link) => scene.works(link)))).toEqual(links.map(() => true));
  expect(new Set(data.lines.map(({ card }) => card?.mode))).toEqual(new Set(["padded", "plain", "fake-tls"]));
  expect(scene.engine.started).not.toContain(1);
  const before = await usersText(scene);
  await scene.home.put(file, lines.map((line) => line.replace(",30d,", ",,")).join("\n"));
  expect((await addUsers(scene.ctx, { file })).data).toMatchObject({ added: 0, present: 40 });
  expect(await usersText(scene)).toBe(before);
});

test("a list with wrong lines is not taken at all, and every wrong line is named with its reason", async () => {
  const scene = await running();
  await addUser(scene.ctx, { name: "bob", plain: true });
  const before = await usersText(scene);
  const file = `${scene.home.paths.home}/people.csv`;
  const wrong = [
    "good",
    "two words",
    "bob,padded",
    "Good",
    "eve,ee,evil.example",
    "kim,loud",
    "lee,padded,google.com",
    "moe,,,yesterday",
  ];
  await scene.home.put(file, wrong.join("\n"));
  const { data, failure } = await addUsers(scene.ctx, { file });
  expect(failure).toMatchObject({
    kind: "invalid",
    message: "7 lines of the list cannot be taken, so nobody was added",
  });
  expect(data.lines.map(({ reason }) => reason)).toEqual([
    null,
    expect.stringContaining("is not a user name"),
    expect.stringContaining("bob already has a plain link"),
    "the name stands in line 1 already",
    expect.stringContaining("not on the list of cover domains"),
    expect.stringContaining('"loud" is not a mode'),
    "a padded link has no cover domain",
    expect.stringContaining('"yesterday" is not a date'),
  ]);
  expect(await usersText(scene)).toBe(before);
  await scene.home.put(file, "good\nnew");
  expect((await addUsers(scene.ctx, { file, dryRun: true })).data).toMatchObject({ added: 2, refused: 0 });
  expect(await usersText(scene)).toBe(before);
});
