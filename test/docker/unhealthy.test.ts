import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ShownPlan } from "../../src/app/live/show-plan.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { cardOf, coverDomains, type DockerCliHome, dockerCliHome, linkOf } from "../support/docker-cli-home.ts";
import { endsWith, endsWithout, faultFile, faultyImage } from "../support/faulty-image.ts";

const [PADDED, FAKE_TLS, NEW] = [
  "familytraffic-mtproxy",
  "familytraffic-mtproxy-2",
  "familytraffic-mtproxy-3",
] as const;
/** What the C proxy says when it may not open the files that `-c` takes. */
const WORDS = "fatal: cannot raise open file limit to 616";

let home: DockerCliHome;

beforeAll(async () => {
  home = await dockerCliHome({ image: await faultyImage() });
  await home.add("pat");
  await home.add("eve", "--fake-tls", coverDomains[0]);
});
afterAll(() => home?.dispose());

/** What must be as before, but for the faults that tests put there. */
async function snapshot() {
  const files = await home.renderedFiles();
  for (const path of files.keys()) if (path.endsWith(`/${faultFile}`)) files.delete(path);
  return { files, running: (await home.proxies()).map(({ name, line }) => ({ name, line })) };
}

async function putFault(container: string, script: string): Promise<() => Promise<void>> {
  const path = home.path("mtproxy", container, faultFile);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, script, { mode: 0o644 });
  const mend = () => rm(path, { force: true });
  onTestFinished(mend);
  return mend;
}

const verify = async (...names: string[]) => (await home.mtproxy("verify", ...names)).code;
const pending = async () => (await home.mtproxy("plan", "--exit-code")).code;
const comesBack = (...names: string[]) => expect.poll(() => verify(...names), { timeout: 30_000 }).toBe(0);

describe("a proxy that ends at its start with a new setting", () => {
  it("leaves files and processes as they were, is told in its own words, and waits for apply", async () => {
    const before = await snapshot();
    const mend = await putFault(PADDED, endsWith(" -c 600 ", WORDS));

    const changed = await home.mtproxy("setup", "--max-connections", "600");

    expect(changed.code).toBe(7);
    expect(changed.json).toMatchObject({ ok: false, data: { running: false }, error: { kind: "engine" } });
    expect(changed.json.error?.message).toMatch(/^the settings are saved, but not live: /);
    expect(changed.json.error?.message).toContain(WORDS);
    expect(changed.json.error?.hint).toContain("mtproxy apply");
    expect(await snapshot()).toEqual(before);
    await comesBack();
    expect(await pending()).toBe(8);

    const again = await home.mtproxy("apply");
    expect([again.code, again.json.error?.message]).toEqual([7, expect.stringContaining(WORDS)]);
    expect(await snapshot()).toEqual(before);

    await mend();
    expect((await home.mtproxy("apply")).code).toBe(0);
    expect((await home.proxies()).map(({ line }) => line.includes(" -c 600 "))).toEqual([true, true]);
    expect([await pending(), await verify()]).toEqual([0, 0]);
  });
});

describe("a new shard whose proxy ends at its start", () => {
  it("is gone again, the user is kept, nobody else notices, and apply makes the link work", async () => {
    const [before, containers] = [await snapshot(), await home.containers()];
    const mend = await putFault(NEW, endsWith(coverDomains[1], WORDS));

    const added = await home.mtproxy("add-user", "zoe", "--fake-tls", coverDomains[1]);

    expect(added.code).toBe(7);
    expect(added.json).toMatchObject({ ok: false, data: { username: "zoe", added: true }, error: { kind: "engine" } });
    expect(added.json.error?.message).toMatch(/^zoe is saved, but the link does not work yet: /);
    expect(added.json.error?.message).toContain(WORDS);
    expect(await snapshot()).toEqual(before);
    expect(await home.containers()).toEqual(containers);
    expect(await pending()).toBe(8);

    await mend();
    expect((await home.mtproxy("apply")).code).toBe(0);
    expect([await pending(), await verify("zoe")]).toEqual([0, 0]);
    expect((await home.containers()).filter(({ name }) => name !== NEW)).toEqual(containers);
    expect(cardOf(await home.mtproxy("show", "zoe")).link).toBe((added.json.data as UserCardJson).link);
  });
});

describe("a revocation that fails", () => {
  it("says loudly that the person still has access, which is so, until apply succeeds", async () => {
    const guests: UserCardJson[] = [];
    for (const name of ["gone", "off", "renewed"]) guests.push(await home.add(name));
    const [gone, off, renewed] = guests;
    if (gone === undefined || off === undefined || renewed === undefined) return expect.fail("three were added");
    const before = await snapshot();
    const needed = guests.map((guest) => linkOf(guest).secret.key.reveal());
    const mend = await putFault(PADDED, needed.map((key) => endsWithout(key, WORDS)).join(""));

    for (const [command, words] of [
      [["remove-user", "gone", "--yes"], /gone is removed, BUT STILL HAS ACCESS/],
      [["disable-user", "off"], /off is disabled, BUT STILL HAS ACCESS/],
      [["regenerate-user-secret", "renewed"], /BUT THE OLD LINK STILL WORKS/],
    ] as const) {
      const { code, json } = await home.mtproxy(...command);
      expect(code, command[0]).toBe(7);
      expect(json.ok).toBe(false);
      expect(json.error?.message).toMatch(words);
      expect(json.error?.message).toContain(WORDS);
      expect(await snapshot()).toEqual(before);
    }
    await comesBack(gone.link, off.link, renewed.link, "pat");
    const plan = await home.mtproxy("plan", "--exit-code");
    expect(plan.code).toBe(8);
    expect((plan.json.data as ShownPlan).changes.filter(({ action }) => action !== "none")).toMatchObject([
      { name: PADDED, action: "restart" },
    ]);

    await mend();
    expect((await home.mtproxy("apply")).code).toBe(0);
    expect(await verify(gone.link)).toBe(9);
    expect(await verify(off.link)).toBe(9);
    expect(await verify(renewed.link)).toBe(9);
    expect([await pending(), await verify()]).toEqual([0, 0]);
  });
});

describe("proxies that get no connection to Telegram", () => {
  it("are what they were, while the wrong address that caused it waits to be put right", async () => {
    const before = await snapshot();

    const wrong = await home.mtproxy("setup", "--egress-ipv4", "198.51.100.77");

    expect(wrong.code).toBe(7);
    expect(wrong.json.error?.message).toContain("got no connection to Telegram");
    expect(wrong.json.error?.hint).toContain("egress_ipv4");
    expect(await snapshot()).toEqual(before);
    await comesBack();
    expect(await pending()).toBe(8);
    const right = await home.mtproxy("setup", "--egress-ipv4", "203.0.113.7");
    expect(right.code, right.stdout).toBe(0);
    expect([await pending(), await verify()]).toEqual([0, 0]);
    expect((await home.containers()).map(({ name }) => name)).toEqual([PADDED, FAKE_TLS, NEW]);
  });
});
