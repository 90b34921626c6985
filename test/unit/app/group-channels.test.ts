import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { regenerateUserSecret } from "../../../src/app/people/regenerate-user-secret.ts";
import { setUser } from "../../../src/app/people/set-user.ts";
import { showUser } from "../../../src/app/people/show-user.ts";
import {
  removePromotedChannel,
  setPromotedChannel,
  showPromotedChannel,
} from "../../../src/app/settings/promoted-channel.ts";
import { type AppScene, appScene } from "../../support/app-scene.ts";

const COMMON = `7f${"0".repeat(28)}7f`;
const FRIENDS = `8e${"0".repeat(28)}8e`;
const OTHER = `9d${"0".repeat(28)}9d`;

/** alice and anna are friends, bob is not, and all three share a proxy. */
async function friends(): Promise<AppScene> {
  const scene = await appScene();
  await applyPlan(scene.ctx);
  await addUser(scene.ctx, { name: "bob" });
  await addUser(scene.ctx, { name: "alice", group: "Friends" });
  await addUser(scene.ctx, { name: "anna", group: "friends" });
  await setPromotedChannel(scene.ctx, { tag: COMMON });
  return scene;
}

const linkOf = async ({ ctx }: AppScene, name: string) => (await showUser(ctx, name)).data.link;
const tagsOf = ({ engine }: AppScene) => [...engine.taken].sort(([a], [b]) => a - b).map(([, { tag }]) => tag);
const usersText = ({ home }: AppScene) => readFile(home.paths.users, "utf8");
const split = (scene: AppScene) =>
  setPromotedChannel(scene.ctx, { tag: FRIENDS, group: "friends", channel: "@friends_only", allowMove: true });

describe("a group without a channel of its own", () => {
  test("is a word in users.json and in cards, and costs no process", async () => {
    const scene = await friends();
    const { users } = JSON.parse(await usersText(scene)) as { users: Record<string, unknown>[] };
    expect(users.map((user) => user.mtproxy_group)).toEqual([undefined, "friends", "friends"]);
    expect((await showUser(scene.ctx, "alice")).data.group).toBe("friends");
    expect((await showUser(scene.ctx, "bob")).data).not.toHaveProperty("group");
    expect(tagsOf(scene)).toEqual([COMMON]);
  });

  test("is left and joined without a trace, and nothing restarts", async () => {
    const scene = await friends();
    const [before, starts] = [await usersText(scene), scene.engine.started.length];
    expect((await setUser(scene.ctx, { name: "bob", group: "FAMILY" })).data).toMatchObject({
      group: "family",
      links: [],
    });
    expect((await setUser(scene.ctx, { name: "bob", noGroup: true })).data).not.toHaveProperty("group");
    expect([await usersText(scene), scene.engine.started.length]).toEqual([before, starts]);
  });

  test("is not joined by somebody who is there already with another one", async () => {
    const scene = await friends();
    await expect(addUser(scene.ctx, { name: "alice", group: "family" })).rejects.toMatchObject({ kind: "conflict" });
    expect((await addUser(scene.ctx, { name: "alice", group: "friends" })).data.added).toBe(false);
  });
});

describe("a channel for a group whose people share a proxy with others", () => {
  test("is refused with everybody whose link would change, and nothing is written; so it is on a dry run", async () => {
    const scene = await friends();
    await expect(setPromotedChannel(scene.ctx, { tag: FRIENDS, group: "friends" })).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringMatching(/alice \(203\.0\.113\.7:8443 → 203\.0\.113\.7:8444\), anna \(/),
      hint: expect.stringContaining("--allow-move"),
    });
    const options = { tag: FRIENDS, group: "friends", allowMove: true, dryRun: true };
    const { data } = await setPromotedChannel(scene.ctx, options);
    expect(data).toMatchObject({ group: "friends", proxyTag: FRIENDS, live: null });
    expect(data.links.map(({ username }) => username)).toEqual(["alice", "anna"]);
    expect(await scene.ctx.stores.groupChannels.read()).toEqual([]);
    expect(tagsOf(scene)).toEqual([COMMON]);
  });

  test("takes them to a proxy of their own: new links work, old ones are dead, others keep theirs", async () => {
    const scene = await friends();
    const [bobs, old] = [await linkOf(scene, "bob"), await linkOf(scene, "alice")];
    const { data, failure } = await split(scene);
    expect(failure).toBeUndefined();
    expect(data).toMatchObject({
      group: "friends",
      proxyTag: FRIENDS,
      channelUsername: "@friends_only",
      changed: true,
      live: true,
      shards: [{ name: "familytraffic-mtproxy-2", tagSet: true }],
    });
    expect(tagsOf(scene)).toEqual([COMMON, FRIENDS]);
    const now = await linkOf(scene, "alice");
    expect([await scene.works(now), await scene.works(old), await scene.works(bobs)]).toEqual([true, false, true]);
    expect(await linkOf(scene, "bob")).toBe(bobs);
    const file = await readFile(`${scene.ctx.paths.clients}/alice/mtproxy_link.txt`, "utf8");
    expect(file.split("\n")[0]).toBe(now);
    expect((await scene.ctx.stores.shards.read()).moving).toEqual([]);
  });

  test("gives way to everybody's when it is removed, and nobody moves; set again it takes the same proxy", async () => {
    const scene = await friends();
    await split(scene);
    const link = await linkOf(scene, "alice");
    expect((await removePromotedChannel(scene.ctx, { group: "friends" })).data).toMatchObject({
      group: "friends",
      enabled: false,
      live: true,
      links: [],
    });
    expect(tagsOf(scene)).toEqual([COMMON, COMMON]);
    expect((await setPromotedChannel(scene.ctx, { tag: FRIENDS, group: "friends" })).data.links).toEqual([]);
    expect(tagsOf(scene)).toEqual([COMMON, FRIENDS]);
    expect([await linkOf(scene, "alice"), await scene.works(link)]).toEqual([link, true]);
  });

  test("is shown beside everybody's, changes by a restart of its own proxies alone, and needs no other", async () => {
    const scene = await friends();
    await split(scene);
    const { data } = await showPromotedChannel(scene.ctx);
    expect(data).toMatchObject({ proxyTag: COMMON, live: true, shards: [{ name: "familytraffic-mtproxy" }] });
    expect(data.groups).toMatchObject([{ group: "friends", people: 2, proxyTag: FRIENDS, live: true }]);
    const before = scene.engine.started.length;
    await setPromotedChannel(scene.ctx, { tag: OTHER, group: "friends" });
    expect(scene.engine.started.slice(before)).toEqual([2]);
    expect((await removePromotedChannel(scene.ctx, {})).data).toMatchObject({ live: true, links: [] });
    expect(tagsOf(scene)).toEqual([undefined, OTHER]);
  });
});

describe("who comes to a group with a channel of its own", () => {
  test("takes a spare key of its proxy: nothing restarts", async () => {
    const scene = await friends();
    await split(scene);
    const before = scene.engine.started.length;
    const { data } = await addUser(scene.ctx, { name: "carl", group: "friends" });
    expect([data.port, data.group]).toEqual([8444, "friends"]);
    expect((await addUser(scene.ctx, { name: "dora" })).data.port).toBe(8443);
    expect((await regenerateUserSecret(scene.ctx, { name: "carl" })).data.port).toBe(8444);
    expect(scene.engine.started.slice(before)).toEqual([2]);
  });

  test("from another one is told that the link changes, and moves only when that is allowed", async () => {
    const scene = await friends();
    await split(scene);
    await addUser(scene.ctx, { name: "beth" });
    const old = await linkOf(scene, "bob");
    const text = await usersText(scene);
    await expect(setUser(scene.ctx, { name: "bob", group: "friends" })).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringContaining("bob (203.0.113.7:8443 → 203.0.113.7:8444)"),
      hint: expect.stringContaining("mtproxy set-user bob --group friends --allow-move"),
    });
    expect(await usersText(scene)).toBe(text);
    const { data, failure } = await setUser(scene.ctx, { name: "bob", group: "friends", allowMove: true });
    expect([failure, data.links]).toEqual([
      undefined,
      [{ username: "bob", from: "203.0.113.7:8443", to: "203.0.113.7:8444" }],
    ]);
    expect([await scene.works(await linkOf(scene, "bob")), await scene.works(old)]).toEqual([true, false]);
  });

  test("takes the proxy along that nobody else is on", async () => {
    const scene = await friends();
    await split(scene);
    const link = await linkOf(scene, "bob");
    expect((await setUser(scene.ctx, { name: "bob", group: "friends" })).data.links).toEqual([]);
    expect(tagsOf(scene)).toEqual([FRIENDS, FRIENDS]);
    expect([await linkOf(scene, "bob"), await scene.works(link)]).toEqual([link, true]);
  });

  test("is nobody yet: that is said, and no process is started for it", async () => {
    const scene = await friends();
    const { data, warnings } = await setPromotedChannel(scene.ctx, { tag: OTHER, group: "school" });
    expect(data).toMatchObject({ group: "school", shards: [], live: null });
    expect(warnings).toEqual(["nobody is in group school yet: mtproxy set-user NAME --group school"]);
    expect(tagsOf(scene)).toEqual([COMMON]);
  });
});

test.each(["", "two words", "ünder", "-x", "x".repeat(33)])("%j is no group", async (group) => {
  const { ctx } = await appScene();
  await expect(addUser(ctx, { name: "alice", group })).rejects.toMatchObject({ kind: "invalid" });
  expect((await ctx.stores.users.read()).users).toEqual([]);
});
