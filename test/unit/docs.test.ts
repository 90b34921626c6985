import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json";
import { checks } from "../../src/app/doctor/checks.ts";
import { readSetting } from "../../src/app/settings/setting-names.ts";
import { readEnvironment } from "../../src/app/setup/setup-answers.ts";
import { buildProgram, type ProgramName } from "../../src/cli.ts";
import type { CliCommand } from "../../src/commands/command.ts";
import { AppError } from "../../src/domain/errors.ts";
import { brokenLink, type Page, readPage, readPages, type Typed } from "../support/pages.ts";
import { type ShellCommand, shellCommands } from "../support/shell-words.ts";

const root = resolve(import.meta.dirname, "../..");

/** Programs that the package brings, with the words that they stand for. */
const PROGRAMS: Readonly<Record<string, readonly [ProgramName, ...string[]]>> = {
  mtproxy: ["mtproxy"],
  "familytraffic-mtproxy": ["mtproxy"],
  "vless-mtproxy": ["mtproxy"],
  "vless-mtproxy-setup": ["mtproxy", "setup"],
  "vless-mtproxy-uninstall": ["mtproxy", "uninstall"],
  "vless-user": ["vless-user"],
};

/** npm's own words. */
const NPM = ["ci", "test", "link", "install", "uninstall", "audit"];

/** Options that pages name and that are other programs'. */
const FOREIGN_OPTIONS = ["--nat-info", "--help", "--version"];

/** @throws when the program would refuse the words */
async function checkProgram(name: ProgramName, { env, words }: ShellCommand, isInline: boolean): Promise<void> {
  const quiet = { writeOut: () => {}, writeErr: () => {} };
  let typed: CliCommand | undefined;
  const program = buildProgram(name, quiet).runWith(async ({ command }) => {
    typed = command;
  });
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (isHelp(error) || (isInline && isOnlyNamed(error))) return;
    throw error;
  }
  if (typed?.path === "config set") readSetting(words[2] ?? "", words.slice(3).filter(isValue));
  if (typed?.path === "doctor") for (const id of typed.args) expect(checks.map((check) => check.id)).toContain(id);
  if (typed?.path === "setup")
    expect(Object.keys(readEnvironment(env)).length, "variables that setup reads").toBe(answersIn(env).length);
}

const isValue = (word: string) => !word.startsWith("-");
const answersIn = (env: ShellCommand["env"]) =>
  Object.keys(env).filter((name) => name.startsWith("MTPROXY_") && name !== "MTPROXY_HOST_ROOT");

function isHelp(error: unknown): boolean {
  return error instanceof Error && "exitCode" in error && error.exitCode === 0;
}

/** `mtproxy verify NAME` is typed; `mtproxy set-host` in a sentence is spoken of. */
function isOnlyNamed(error: unknown): boolean {
  return error instanceof AppError && error.message.startsWith("missing required argument");
}

function checkNpm([word = "", script = ""]: readonly string[]): void {
  if (word === "run") expect(Object.keys(manifest.scripts)).toContain(script);
  else expect(NPM).toContain(word);
}

function checkVitest(words: readonly string[]): void {
  const at = words.indexOf("--project");
  if (at !== -1) expect(existsSync(`${root}/test/${words[at + 1]}`), words.join(" ")).toBe(true);
  for (const path of words.filter((word) => word.startsWith("test/"))) expect(existsSync(`${root}/${path}`)).toBe(true);
}

async function checkCommand({ env, words: [first = "", ...words] }: ShellCommand, isInline: boolean): Promise<void> {
  const [name, ...before] = PROGRAMS[first] ?? [];
  if (name !== undefined) return checkProgram(name, { env, words: [...before, ...words] }, isInline);
  if (first === "npm") checkNpm(words);
  if (first === "npx" && words[0] === "vitest") checkVitest(words);
}

const isOurs = ({ text }: Typed) => /\b(mtproxy|vless-user|npm|npx)\b/.test(text);
/** A path, a file name or the name of a container is nobody's command line. */
const isCommand = ({ text, isInline }: Typed) => !isInline || /^([A-Za-z_]+=\S* )*(\S+ [^=]|npm )/.test(text);

async function faultsOf({ typed }: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const { text, line, isInline } of typed.filter((it) => isOurs(it) && isCommand({ ...it }))) {
    try {
      for (const command of shellCommands(text)) await checkCommand(command, isInline);
    } catch (error) {
      faults.push(`line ${line}: ${text}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return faults;
}

function optionsOf(command: CliCommand): string[] {
  const children = command.commands as CliCommand[];
  return [...command.options.flatMap(({ long, short }) => [long ?? "", short ?? ""]), ...children.flatMap(optionsOf)];
}

const pages = readPages();
const options = new Set([...optionsOf(buildProgram("mtproxy")), ...FOREIGN_OPTIONS]);

describe.each(pages)("$path", (page) => {
  test("shows only commands that can be typed", async () => {
    expect(await faultsOf(page)).toEqual([]);
  });

  test("names only options that there are", () => {
    const named = page.typed.flatMap(({ text, isInline }) =>
      isInline ? [/^(--[a-z][a-z0-9-]*)/.exec(text)?.[1] ?? []] : [],
    );
    expect(named.flat().filter((option) => !options.has(option))).toEqual([]);
  });

  test("links to pages and headings that there are", () => {
    expect(page.links.flatMap((link) => brokenLink(page, link) ?? [])).toEqual([]);
  });
});

describe("the documentation as a whole", () => {
  test("can be reached from its index, and that from the README", () => {
    expect(readPage("README.md").links).toContain("docs/README.md");
    const linked = readPage("docs/README.md").links.map((link) => `docs/${link}`);
    const others = pages.map(({ path }) => path).filter((path) => /^docs\/[a-z]+\/.*\.md$/.test(path));
    expect(others.filter((path) => !linked.includes(path))).toEqual([]);
  });

  test("says of every check of doctor what it looks at, in the order in which they are printed", () => {
    const { headings } = readPage("docs/guides/doctor.md");
    const ids = checks.map(({ id }) => id);
    expect(headings.filter((heading) => ids.includes(heading))).toEqual(ids);
  });

  test("names every command of mtproxy somewhere", () => {
    const said = pages.flatMap(({ typed }) => typed.map(({ text }) => text)).join("\n");
    expect(paths(buildProgram("mtproxy")).filter((path) => !said.includes(path))).toEqual([]);
  });

  test("calls a wrong line wrong", async () => {
    const wrong = ["mtproxy ad-user x", "mtproxy verify --vai x:1", "npm run nothing", "mtproxy config set colour red"];
    const typed = [...wrong, "mtproxy doctor clok"].map((text) => ({ text, line: 1, isInline: false }));
    expect(await faultsOf({ path: "x", typed, links: [], anchors: [], headings: [] })).toHaveLength(5);
  });
});

function paths(command: CliCommand): string[] {
  const children = (command.createHelp().visibleCommands(command) as CliCommand[]).filter((it) => it.name() !== "help");
  return children.length === 0 ? [command.path] : children.flatMap(paths);
}
