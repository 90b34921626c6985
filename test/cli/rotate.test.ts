import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type CliHome, sharedCliHome, type UserCardJson } from "../support/cli-home.ts";
import { readSvg } from "../support/read-qr.ts";
import { watchOnTerminal } from "../support/run-source.ts";
import { freePort } from "../support/trial.ts";

const MTPROXY = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");

type Rotated = UserCardJson & { readonly invitation: { readonly message: string; readonly page: string } | null };

const home = sharedCliHome();
let cards: UserCardJson[] = [];
beforeAll(async () => {
  cards = [await home().add("alice"), await home().add("bob", "--fake-tls")];
});

const links = () => cards.map(({ link }) => link);
const worksEach = async (of: readonly string[]) => Promise.all(of.map((link) => home().works(link)));

/** Rotates and keeps what came out for the next test. */
async function rotate(it: CliHome, ...flags: string[]): Promise<Rotated[]> {
  const { code, json, stdout } = await it.mtproxy("rotate", "--all", "--yes", "--json", ...flags);
  expect(code, stdout).toBe(0);
  expect(json.schema).toBe("mtproxy/rotate/1");
  cards = (json.data as { users: Rotated[] }).users;
  return cards as Rotated[];
}

describe("rotate --all", () => {
  test("asks first: n changes nothing", async () => {
    const command = [process.execPath, MTPROXY, "rotate", "--all"];
    const shown = watchOnTerminal(command, { FAMILYTRAFFIC_HOME: home().home, NO_COLOR: "1" });
    await shown.until("Give 2 people a new link? Every old link stops working at once.");
    shown.child.stdin.write("n\r");
    expect(await shown.ended).toBe(130);
    expect(shown.output()).toContain("nothing was changed");
    expect(await worksEach(links())).toEqual([true, true]);
  });

  test("--dry-run shows who would get a link, and none", async () => {
    const { code, stdout } = await home().mtproxy("rotate", "--all", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Dry run: nothing is changed/);
    expect(stdout).not.toContain("://");
    const port = await freePort();
    const { json } = await home().mtproxy("rotate", "--all", "--dry-run", "--port", String(port), "--json");
    expect((json.data as { users: Rotated[] }).users.map((user) => user.port)).toEqual([port, port]);
    expect(await worksEach(links())).toEqual([true, true]);
  });

  test("leaves both links alive for as long as it is told", async () => {
    const before = links();
    const { code, stdout } = await home().mtproxy("rotate", "--all", "--yes", "--overlap", "7d");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ 2 new links; the old links work until \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/);
    const now = stdout.match(/tg:\/\/\S+/g) ?? [];
    expect([await worksEach(before), await worksEach(now)]).toEqual([
      [true, true],
      [true, true],
    ]);
    expect(before).not.toEqual(now);
    cards = cards.map((card, index) => ({ ...card, link: now[index] ?? "" }));
  });

  test("gives everybody a link that works, files that say so, and ends the old ones", async () => {
    const before = links();
    const port = await freePort();
    const users = await rotate(home(), "--domain", "microsoft.com", "--port", String(port));
    expect(users.map((user) => [user.username, user.domain, user.port])).toEqual([
      ["alice", null, port],
      ["bob", "microsoft.com", port],
    ]);
    expect([await worksEach(before), await worksEach(links())]).toEqual([
      [false, false],
      [true, true],
    ]);
    for (const { link, files, invitation } of users) {
      expect(await readFile(files.link, "utf8")).toMatch(new RegExp(`^${link.replaceAll("?", "\\?")}\n`));
      expect(await readFile(invitation?.message ?? "", "utf8")).toContain(`\n${link}\n`);
      const page = await readFile(invitation?.page ?? "", "utf8");
      expect(readSvg(/<svg[\s\S]*<\/svg>/.exec(page)?.[0] ?? "")).toBe(link);
      expect((await stat(invitation?.page ?? "")).mode & 0o777).toBe(0o600);
    }
  });
});

test.each([
  [[], 2, "mtproxy rotate --all"],
  [["--all"], 2, "--yes"],
  [["--all", "--yes", "--overlap", "1d", "--port", "9443"], 2, "--overlap cannot keep links alive"],
  [["--all", "--yes", "--domain", "evil.example"], 3, "not on the list of cover domains"],
  [["--all", "--yes", "--overlap", "soon"], 3, "not a length of time"],
  [["--all", "--yes", "--port", "0"], 3, '"0" is not a port'],
])("rotate %j is refused, and every link goes on working", async (flags, expected, reason) => {
  const { code, stdout, stderr } = await home().mtproxy("rotate", ...flags);
  expect([code, stdout]).toEqual([expected, ""]);
  expect(stderr).toContain(reason);
  expect(await worksEach(links())).toEqual([true, true]);
});
