import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseProxyStats } from "../../src/domain/proxy-stats.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { coverDomains, type DockerCliHome, dockerCliHome, dockerEnv, linkOf } from "../support/docker-cli-home.ts";
import { watchOnTerminal } from "../support/run-source.ts";

const MTPROXY = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");
const NAMES = ["familytraffic-mtproxy", "familytraffic-mtproxy-2"] as const;
const TAG = `7f${"0".repeat(28)}7f`;
const OTHER = `8e${"0".repeat(28)}8e`;

let home: DockerCliHome;
let pat: UserCardJson;

beforeAll(async () => {
  home = await dockerCliHome();
  pat = await home.add("pat");
  await home.add("eve", "--fake-tls", coverDomains[0]);
});
afterAll(() => home?.dispose());

/** What each proxy itself says, asked without the product. */
function tagsSet(names: readonly string[] = NAMES): Promise<boolean[]> {
  return Promise.all(
    names.map(async (name) => {
      const { stdout } = await execa("docker", ["exec", name, "/bin/sh", "/familytraffic/scripts/stats.sh", "8888"]);
      return parseProxyStats(stdout).tagSet;
    }),
  );
}

const record = async () => JSON.parse(await readFile(home.path("config/mtproxy/promoted_channel.json"), "utf8"));

it("is carried by every proxy when set returns, each says so itself, and every link goes on working", async () => {
  const { code, json } = await home.mtproxy("set-promoted-channel", TAG, "--channel", "mytechchannel");
  expect(code, JSON.stringify(json)).toBe(0);
  expect(json.data).toMatchObject({
    proxy_tag: TAG,
    channel_username: "@mytechchannel",
    changed: true,
    live: true,
    shards: NAMES.map((name) => ({ name, tag_set: true })),
  });
  expect(await tagsSet()).toEqual([true, true]);
  expect((await home.proxies()).map(({ line }) => line.includes(`-P ${TAG}`))).toEqual([true, true]);
  expect((await home.mtproxy("verify")).code).toBe(0);
  expect(await record()).toMatchObject({
    enabled: true,
    proxy_tag: TAG,
    channel_username: "@mytechchannel",
    registered_at: expect.stringMatching(/^\d{4}-/),
    statistics_url: "https://t.me/MTProxybot",
  });
});

it("again restarts nothing", async () => {
  const before = await home.containers();
  const { json } = await home.mtproxy("set-promoted-channel", TAG);
  expect(json.data).toMatchObject({ changed: false, live: true, channel_username: "@mytechchannel" });
  expect(await home.containers()).toEqual(before);
});

it("does not take a key of this proxy for a tag", async () => {
  const { code, json, stdout } = await home.mtproxy("set-promoted-channel", linkOf(pat).secret.key.reveal());
  expect([code, json.error?.message]).toEqual([3, expect.stringContaining("a key of this proxy")]);
  expect(stdout).not.toContain(linkOf(pat).secret.key.reveal());
});

it("is shown to people", async () => {
  const { stdout } = await home.run(["show-promoted-channel"]);
  expect(stdout).toContain("  Status: active\n  Carried by: 2 of 2 running proxies\n");
  expect(stdout).toMatch(/owner and everybody who has joined it never see it/);
});

it("is set by the wizard in the words of the requirements, which asks again after a wrong answer", async () => {
  const shown = watchOnTerminal([process.execPath, MTPROXY, "setup-promoted-channel"], {
    FAMILYTRAFFIC_HOME: home.home,
    NO_COLOR: "1",
    ...dockerEnv,
  });
  await shown.until("Enter proxy tag (received from @MTProxybot):");
  shown.child.stdin.write("@mytechchannel\r");
  await shown.until("is a channel, not a proxy tag");
  shown.child.stdin.write(`\x15${OTHER}\r`);
  await shown.until("Enter promoted channel username (optional, e.g., @yourchannel):");
  shown.child.stdin.write("@secondchannel\r");
  expect(await shown.ended).toBe(0);
  const output = shown.output().replaceAll("\r", "");
  for (const line of [
    "=== Promoted Channel Setup ===",
    "1. Open @MTProxybot in Telegram",
    "2. Send /newproxy",
    "3. Enter the server IP: 127.0.0.1",
    `4. Enter the port: ${home.port}`,
    "✓ Promoted channel configured",
    "✓ Restarting MTProxy container...",
    "✓ MTProxy now running with promoted channel",
    "View statistics: https://t.me/MTProxybot",
  ])
    expect(output).toContain(line);
  expect(output).not.toContain(linkOf(pat).secret.key.reveal());
  expect(await record()).toMatchObject({
    proxy_tag: OTHER,
    channel_username: "@secondchannel",
    registered_secret: `dd${linkOf(pat).secret.key.reveal()}`,
  });
  expect(await tagsSet()).toEqual([true, true]);
});

it("shows the digits that the bot wants only when asked to", async () => {
  const shown = watchOnTerminal([process.execPath, MTPROXY, "setup-promoted-channel", "--reveal"], {
    FAMILYTRAFFIC_HOME: home.home,
    ...dockerEnv,
  });
  await shown.until("Enter proxy tag");
  expect(shown.output()).toContain(linkOf(pat).secret.key.reveal());
  shown.child.stdin.write("\x03");
  expect(await shown.ended).toBe(130);
  expect(await record()).toMatchObject({ proxy_tag: OTHER });
});

it("is gone from every proxy when remove returns", async () => {
  const { code, json } = await home.mtproxy("remove-promoted-channel");
  expect(code).toBe(0);
  expect(json.data).toMatchObject({ enabled: false, live: true, changed: true });
  expect(await tagsSet()).toEqual([false, false]);
  expect((await home.mtproxy("verify")).code).toBe(0);
});

it("is carried for a group by a proxy of its own alone, whose links work, and everybody's restarts the others only", async () => {
  const third = "familytraffic-mtproxy-3";
  await home.add("quin");
  expect((await home.mtproxy("set-user", "pat", "--group", "friends")).code).toBe(0);
  const split = ["set-promoted-channel", OTHER, "--group", "friends"];
  const refused = await home.mtproxy(...split);
  expect([refused.code, refused.json.error?.message]).toEqual([
    5,
    expect.stringContaining(`pat (127.0.0.1:${home.port}`),
  ]);
  expect(await tagsSet()).toEqual([false, false]);

  const { code, json } = await home.mtproxy(...split, "--allow-move");
  expect(code, JSON.stringify(json)).toBe(0);
  expect(json.data).toMatchObject({
    group: "friends",
    live: true,
    links: [{ username: "pat" }],
    shards: [{ name: third, tag_set: true }],
  });
  expect(await tagsSet([...NAMES, third])).toEqual([false, false, true]);
  expect((await home.mtproxy("verify")).code).toBe(0);
  expect((await home.mtproxy("verify", pat.link)).code).toBe(9);

  const started = async () => (await home.containers()).find(({ name }) => name === third)?.startedAt;
  const before = await started();
  expect((await home.mtproxy("set-promoted-channel", TAG)).code).toBe(0);
  expect(await tagsSet([...NAMES, third])).toEqual([true, true, true]);
  expect((await home.proxies()).map(({ line }) => /-P (\S+)/.exec(line)?.[1])).toEqual([TAG, TAG, OTHER]);
  expect(await started()).toBe(before);
});
