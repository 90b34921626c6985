import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedCliHome, type UserCardJson } from "../support/cli-home.ts";
import { readBlocks, readPng, readSvg } from "../support/read-qr.ts";
import { watchOnTerminal } from "../support/run-source.ts";

const MTPROXY = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");

/** As long as a cover domain may be: 216 characters. */
const LONGEST = `${[63, 63, 63].map((length) => "x".repeat(length)).join(".")}.${"y".repeat(16)}.example`;

const people = [
  ["anna", "--plain"],
  ["ben", "--padded"],
  ["cem", "--fake-tls", LONGEST],
] as const;
type Name = (typeof people)[number][0];

const home = sharedCliHome();
/** What add-user printed for people, and what it printed for programs. */
const printed: Record<string, string> = {};
const cards: Record<string, UserCardJson> = {};

/** What every code of somebody's folder says. */
async function codesOf({ files }: UserCardJson) {
  const png = readPng(await readFile(files.qr_png));
  return { png, svg: readSvg(await readFile(files.qr_svg, "utf8")) };
}

const sayOf = (link: string) => ({ png: { text: link, width: 300, height: 300 }, svg: link });

beforeAll(async () => {
  expect(LONGEST).toHaveLength(216);
  expect((await home().mtproxy("add-fake-tls-domain", LONGEST, "--no-check")).code).toBe(0);
  for (const [name, ...flags] of people) {
    const given = flags[0] === "--padded" ? [] : flags;
    printed[name] = (await home().mtproxy("add-user", name, ...given)).stdout;
    cards[name] = await home().add(name, ...given);
  }
});

describe.each(people.map(([name, mode]) => [mode, name] as const))(
  "every QR code of a %s link says that link",
  (_, name) => {
    const card = (of: Name = name) => cards[of] as UserCardJson;

    test("the PNG of 300 × 300 and the SVG", async () => {
      expect(await codesOf(card())).toEqual(sayOf(card().link));
    });

    test("the one that add-user and show-user-config print", async () => {
      expect(readBlocks(printed[name] ?? "")).toBe(card().link);
      expect(readBlocks((await home().mtproxy("show-user-config", name)).stdout)).toBe(card().link);
    });
  },
);

test("the one on a terminal with colours, dark on light, says the link", async () => {
  const command = [process.execPath, MTPROXY, "show-user-config", "ben"];
  const shown = watchOnTerminal(command, { FAMILYTRAFFIC_HOME: home().home, COLUMNS: "200" });
  expect(await shown.ended).toBe(0);
  expect(shown.output()).toContain("\x1b[");
  expect(readBlocks(shown.output().replace(/\x1b\[[\d;]*m|\r/g, ""))).toBe(cards.ben?.link);
});

test("those of a shared secret say its link", async () => {
  const { json } = await home().mtproxy("add-secret", "--fake-tls", LONGEST, "--json");
  const card = json.data as UserCardJson;
  expect(await codesOf(card)).toEqual(sayOf(card.link));
  expect(readBlocks((await home().mtproxy("show-config")).stdout)).toBe(card.link);
});

test("after a rotation all of them, and those of the pages, say the new links", async () => {
  const { json } = await home().mtproxy("rotate", "--all", "--yes", "--json");
  const { users } = json.data as { users: UserCardJson[] };
  expect(users.map(({ username }) => username)).toEqual(people.map(([name]) => name));
  for (const card of users) {
    expect(card.link).not.toBe(cards[card.username]?.link);
    expect(await codesOf(card)).toEqual(sayOf(card.link));
    const page = await readFile(join(dirname(card.files.link), "mtproxy_page.html"), "utf8");
    expect(page.match(/<svg/g)).toHaveLength(1);
    expect(readSvg(/<svg[\s\S]*<\/svg>/.exec(page)?.[0] ?? "")).toBe(card.link);
  }
});
