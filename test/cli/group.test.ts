import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliResult, runCli } from "../support/cli.ts";
import { tempFolder } from "../support/temp-home.ts";

const TAG = `8e${"0".repeat(28)}8e`;

/** A Docker engine that is not there: what is saved is settled, and nothing starts. */
const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
let home: string;
const run = (...args: string[]): Promise<CliResult> => runCli(args, { home, env });
const usersText = () => readFile(join(home, "data/users.json"), "utf8");

interface PlanJson {
  readonly shards: readonly { readonly port: number; readonly group?: string }[];
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "mtproxy-groups-"));
  await run(
    ...["setup", "--engine", "docker", "--public-host", "192.0.2.1", "--users-lock", join(home, "users.lock")],
    ...["--port", "28443", "--port-range", "28444-28499", "--no-start"],
  );
  await writeFile(join(home, "people.csv"), "name,group\nalice,Friends\nanna,friends\nbob,\n");
  await run("add-user", "--from-file", join(home, "people.csv"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

test("lists, cards and exports name a group where there is one, and nothing else of it", async () => {
  const { stdout } = await run("list-users");
  expect(stdout).toMatch(/│ Username │ MTProxy │ Mode .*│ Port +│ Group +│/);
  expect(stdout).toMatch(/│ alice .*│ 28443 │ friends │/);
  expect(stdout).toMatch(/│ bob .*│ 28443 │ - +│/);
  const { users } = (await run("list-users", "--json")).json.data as { users: Record<string, unknown>[] };
  expect(users.map((user) => [user.username, user.group])).toEqual([
    ["alice", "friends"],
    ["anna", "friends"],
    ["bob", undefined],
  ]);
  expect((await run("show", "alice")).stdout).toContain("User:   alice\nGroup:  friends\nMode:");
  expect((await run("show", "bob")).stdout).not.toContain("Group");
  expect((await run("export", "--format", "csv")).stdout).toMatch(/^username,.*,tags,group,secret,link\nalice,/);
});

test("every byte but the group stays when somebody joins one and leaves it", async () => {
  const before = await usersText();
  const { code, stdout } = await run("set-user", "bob", "--group", "family");
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining("✓ bob is changed\n  Note: -\n  Tags: -\n  Group: family\n"),
  ]);
  const joined = await usersText();
  expect(joined.replace(/,\s*"mtproxy_group": "family"/, "")).toBe(before);
  expect((await run("set-user", "bob", "--no-group")).stdout).not.toContain("Group");
  expect(await usersText()).toBe(before);
});

test.each([
  [["set-user", "bob", "--group", "two words"], 3, '"two words" is not the name of a group'],
  [["add-user", "carl", "--group", "-"], 3, '"-" is not the name of a group'],
  [["remove-promoted-channel", "--group", "friends"], 4, "there is no promoted channel of that group"],
])("%j is refused with the reason", async (args, expected, reason) => {
  const before = await usersText();
  const { code, stderr } = await run(...args);
  expect([code, stderr]).toEqual([expected, expect.stringContaining(reason)]);
  expect(await usersText()).toBe(before);
});

test("a channel for people who share a proxy is refused with their links, until that is allowed", async () => {
  const refused = await run("set-promoted-channel", TAG, "--group", "friends", "--json");
  expect([refused.code, refused.json.error]).toEqual([
    5,
    {
      kind: "conflict",
      message:
        "group friends shares proxies with others, and a proxy carries one tag, which changes the port in the links of alice (192.0.2.1:28443 → 192.0.2.1:28444), anna (192.0.2.1:28443 → 192.0.2.1:28444)",
      hint: expect.stringMatching(/^mtproxy set-promoted-channel TAG --group friends --allow-move does it/),
    },
  ]);
  expect((await run("show-promoted-channel")).stdout).toBe(
    "No promoted channel: mtproxy setup-promoted-channel sets one\n",
  );

  const { code, json } = await run("set-promoted-channel", TAG, "--group", "friends", "--allow-move", "--json");
  // Saved: no engine is there to make it live.
  expect([code, json.ok]).toEqual([6, false]);
  expect(json.data).toMatchObject({
    group: "friends",
    proxy_tag: TAG,
    changed: true,
    links: [{ username: "alice" }, {}],
  });
  const plan = (await run("plan", "--json")).json.data as PlanJson;
  expect(plan.shards.map(({ port, group }) => [port, group])).toEqual([
    [28443, undefined],
    [28444, "friends"],
  ]);
  expect((await run("plan")).stdout).toContain("2: port 28444, obfuscated, group friends, 2 assigned, 14 spare");
  const shown = await run("show-promoted-channel");
  expect(shown.stdout).toContain(
    `sets one\n\nGroup friends (2 people):\n  Tag: ${TAG}\n  Status: active\n  Carried by: no proxy runs`,
  );
  expect((await run("show-promoted-channel", "--json")).json.data).toMatchObject({
    proxy_tag: null,
    groups: [{ group: "friends", people: 2, enabled: true, live: null }],
  });
});

test("shards and people of a home that knows nothing of groups are read and written as they were", async () => {
  const { shards } = JSON.parse(await readFile(join(home, "config/mtproxy/shards.json"), "utf8")) as {
    shards: Record<string, unknown>[];
  };
  expect(shards.map(({ group }) => group)).toEqual([undefined, "friends"]);
  expect(Object.keys(shards[0] ?? {})).not.toContain("group");
});

test("a group that somebody wrote by hand is understood, or refused with its place", async () => {
  const before = await usersText();
  await writeFile(
    join(home, "data/users.json"),
    before.replaceAll('"mtproxy_group": "friends"', '"mtproxy_group": "FRIENDS"'),
  );
  const plan = (await run("plan", "--json")).json.data as PlanJson;
  expect(plan.shards).toHaveLength(2);
  await writeFile(join(home, "data/users.json"), before.replace('"mtproxy_group": "friends"', '"mtproxy_group": 7'));
  const refused = await run("list-users", "--json");
  expect([refused.code, refused.json.error?.message]).toEqual([
    3,
    expect.stringContaining('"users[0].mtproxy_group" must be the name of a group'),
  ]);
  await writeFile(join(home, "data/users.json"), before);
});

test("people come to another server with their groups", async () => {
  const file = join(home, "people.json");
  await run("export", "--with-secrets", "--output", file);
  const other = await tempFolder();
  const there = (...args: string[]) => runCli(args, { home: other, env });
  const lock = join(other, "users.lock");
  await there("setup", "--engine", "docker", "--public-host", "192.0.2.2", "--users-lock", lock, "--no-start");
  await there("import", file);
  const { users } = (await there("list-users", "--json")).json.data as { users: { group?: string }[] };
  expect(users.map(({ group }) => group)).toEqual(["friends", "friends", undefined]);
});
