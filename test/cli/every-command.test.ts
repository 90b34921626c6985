import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram, type ProgramName } from "../../src/cli.ts";
import { CliCommand } from "../../src/commands/command.ts";
import { type ErrorKind, exitCodes } from "../../src/domain/errors.ts";
import { type CliOptions, type CliResult, runCli } from "../support/cli.ts";
import { cliHome, sharedCliHome } from "../support/cli-home.ts";
import { mtproxyRuns, type Stage, setStage, vlessUserRuns, wordsOn } from "../support/command-runs.ts";
import { coverCertificate, startCoverSite } from "../support/cover-site.ts";
import { type FileTree, fileTree } from "../support/file-tree.ts";
import { KeyScan } from "../support/key-scan.ts";
import { watchOnTerminal } from "../support/run-source.ts";
import { fileOf, schemaFolder } from "../support/schemas.ts";
import { tempFolder } from "../support/temp-home.ts";

/** As the program prints it; in this process, because every start of the program costs. */
async function helpOf(name: ProgramName, words: string): Promise<string> {
  let printed = "";
  const program = buildProgram(name, { writeOut: (text) => (printed += text), getOutHelpWidth: () => 100 });
  await expect(program.parseAsync([...words.split(" "), "--help"], { from: "user" })).rejects.toThrow("outputHelp");
  return printed;
}

/** Every command that can be typed, as its words. */
function wordsOf(command: CliCommand, before: readonly string[] = []): string[][] {
  const visible = command.createHelp().visibleCommands(command) as CliCommand[];
  const children = visible.filter((child) => child.name() !== "help");
  if (children.length === 0) return [[...before]];
  return children.flatMap((child) => wordsOf(child, [...before, child.name()]));
}

const mtproxy = wordsOf(buildProgram("mtproxy"));
const vlessUser = wordsOf(buildProgram("vless-user"));

const home = sharedCliHome();
let stage: Stage;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-test-"));
  const site = await startCoverSite({ ciphers: "TLS_AES_128_GCM_SHA256" });
  await writeFile(join(folder, "authority.pem"), coverCertificate);
  const homes = { home: home(), bare: join(folder, "bare"), broken: join(folder, "broken") };
  stage = { ...homes, folder, coverPort: site.port };
  await setStage(stage);
  return async () => {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  };
});

test("there are the commands of the issue", () => {
  expect(mtproxy.map((words) => words.join(" ")).sort()).toEqual(
    expect.arrayContaining(
      [
        ...["setup", "add-user", "remove-user", "list-users", "show-user-config", "enable-user", "disable-user"],
        ...["regenerate-user-secret", "list-user-secrets", "plan", "apply", "status", "start", "stop", "restart"],
        ...["verify", "refresh-config", "image probe"],
        ...["add-secret", "list-secrets", "remove-secret", "regenerate-secret", "show-config"],
        ...["list-fake-tls-domains", "add-fake-tls-domain", "remove-fake-tls-domain", "check-domain"],
        ...["vless-user add", "vless-user show", "vless-user list", "vless-user remove"],
      ].sort(),
    ),
  );
  expect(vlessUser.map(([word]) => word).sort()).toEqual(["add", "completion", "list", "remove", "show"]);
});

describe.each([
  { program: "familytraffic-mtproxy", name: "mtproxy", commands: mtproxy, runs: mtproxyRuns },
  { program: "vless-user", name: "vless-user", commands: vlessUser, runs: vlessUserRuns },
] as const)("$name", ({ program, name, commands, runs }) => {
  const tree = buildProgram(name);
  const all = commands.map((words) => words.join(" "));
  const shown = all.flatMap((words) => (runs[words] === undefined ? [] : [{ words, run: runs[words] }]));

  /** Types a command; whatever it prints has no key in it, unless that is its job. */
  async function type(words: string, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    const env = { NODE_EXTRA_CA_CERTS: join(stage.folder, "authority.pem"), MTPROXY_HOST_ROOT: stage.folder };
    const before = await kept();
    const result = await home().run([...words.split(" "), ...args], { program, env, ...options });
    if (options.home === undefined) await expectWrittenDown(words, args, before, result);
    const isLeaking =
      !commandOf(tree, words).isRevealing && (await scan()).findIn(result.stdout + result.stderr).length > 0;
    expect(isLeaking, `${words} ${args.join(" ")} prints a key`).toBe(false);
    return result;
  }

  /** What changes something is in the audit log, with its outcome; what only looks changes nothing that the home keeps. */
  async function expectWrittenDown(words: string, args: readonly string[], before: Kept, { code, stdout }: CliResult) {
    const after = await kept();
    const added = after.log.slice(before.log.length);
    const isWriter = commandOf(tree, words).isWriter && !stdout.includes('"schema":"mtproxy/error/1"');
    if (!isWriter) expect([words, args, added, after.state]).toEqual([words, args, [], before.state]);
    // A timer's run that changes nothing is not worth a line.
    else if (words !== "tick" || added.length > 0)
      expect(added.map((line) => JSON.parse(line))).toMatchObject([
        { entry: "begin" },
        { entry: "end", exit_code: code },
      ]);
  }

  test("has no command without a run for people, one for programs and a failure", () => {
    expect(Object.keys(runs).sort(), "see test/support/command-runs.ts").toEqual(all.toSorted());
  });

  test.each(all.map((words) => ({ words })))("$words has a schema, and examples that show it", ({ words }) => {
    expect(readdirSync(schemaFolder)).toContain(fileOf(schemaName(name, words)));
    const { exampleLines } = commandOf(tree, words);
    expect(exampleLines).toContainEqual(expect.stringContaining(words));
    for (const line of exampleLines) expect(line).toMatch(name === "mtproxy" ? /mtproxy|vless-user/ : /vless-user/);
  });

  test.each(all.map((words) => ({ words })))("$words --help explains it with examples", async ({ words }) => {
    const help = await helpOf(name, words);
    expect(help).toContain(`Usage: ${name} ${words}`);
    expect(help).toMatch(/\nExamples:\n {2}\S/);
    expect(help).toContain("--json");
  });

  test.each(shown)("$words does its work for people and for programs", async ({ words, run }) => {
    if ("needs" in run) {
      const text = await readFile(new URL(`../../${run.elsewhere}`, import.meta.url), "utf8");
      return expect(text, `needs ${run.needs}`).toMatch(new RegExp(words.split(" ").join('[", ]+')));
    }
    const human = await type(words, wordsOn(stage, run.works));
    expect([words, human.code, human.stderr]).toEqual([words, 0, expect.not.stringContaining("✗")]);
    expect(human.stdout).toMatch(run.says);

    const { code, stdout, stderr, json } = await type(words, [...wordsOn(stage, run.json ?? run.works), "--json"]);
    expect({ code, stderr, ok: json.ok, error: json.error }).toEqual({ code: 0, stderr: "", ok: true, error: null });
    expect(stdout).toMatch(/^\{.*\}\n$/);
    expect(Object.keys(json)).toEqual(["schema", "ok", "data", "warnings", "error"]);
    expect(json.schema).toBe(schemaName(name, words));
    expect(stdout.replace(/"text":"(\\.|[^"])*"/, "")).not.toMatch(/"[a-z]+[A-Z]\w*":/);
  });

  test.each(shown)("$words says why it fails, with its exit code", async ({ words, run: { fails } }) => {
    const at = fails.where === undefined ? {} : { home: stage[fails.where] };
    const { code, stdout, stderr, json } = await type(words, [...wordsOn(stage, fails.args), "--json", "--debug"], at);
    expect(stdout).toMatch(/^\{.*\}\n$/);
    expect(stderr).toMatch(/^AppError: \S/m);
    expect([json.ok, code]).toEqual([false, exitCodes[json.error?.kind as ErrorKind]]);
    expect(json.schema).toBe(fails.early === true ? "mtproxy/error/1" : schemaName(name, words));
  });
});

/** What a home keeps beyond what runs. */
interface Kept {
  readonly log: readonly string[];
  readonly state: FileTree;
}

async function kept(): Promise<Kept> {
  const log = await readFile(home().path("logs/mtproxy/audit.log"), "utf8");
  // What was measured of the engine is nothing that anybody chose.
  const isLeft = (path: string) => /^(mtproxy|logs|config\/mtproxy\/engine\.json)\b/.test(path);
  return { log: log.trimEnd().split("\n"), state: fileTree(home().home, isLeft) };
}

const keys = new Set<string>();

/** Knows every key that the home ever had. */
async function scan(): Promise<KeyScan> {
  const files = ["data/users.json", "config/mtproxy/shards.json", "config/mtproxy/mtproxy_secrets.json"];
  for (const file of files) {
    const text = await readFile(home().path(file), "utf8");
    for (const [, key = ""] of text.matchAll(/"(?:dd|ee)?([0-9a-f]{32})[0-9a-f]*"/g)) keys.add(key);
  }
  return new KeyScan(keys);
}

test("the scan for keys knows everybody's", async () => {
  const { stdout } = await home().mtproxy("export", "--with-secrets");
  const { users } = JSON.parse(stdout) as { users: { secret: string }[] };
  const knows = await scan();
  expect(users.length).toBeGreaterThan(4);
  for (const { secret } of users) expect(knows.findIn(secret)).not.toEqual([]);
});

function commandOf(program: CliCommand, words: string): CliCommand {
  return words.split(" ").reduce((command, word) => {
    const found = command.commands.find((it) => it.name() === word);
    if (found instanceof CliCommand) return found;
    throw new Error(`there is no command ${words}`);
  }, program);
}

function schemaName(program: string, words: string): string {
  return `mtproxy/${(program === "mtproxy" ? words : `${program} ${words}`).replaceAll(" ", "-")}/1`;
}

describe("a command that does not exist", () => {
  test.each([
    ["adduser", "add-user"],
    ["list-user", "list-users"],
    ["stauts", "status"],
    ["remove-usr", "remove-user"],
  ])("%s suggests %s, with exit code 2", async (typed, meant) => {
    const { code, stdout, stderr } = await runCli([typed]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`unknown command '${typed}'`);
    expect(stderr).toContain(meant);
  });

  test("in a group says what there is", async () => {
    const { code, stderr } = await runCli(["vless-user", "ad"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("Did you mean add?")]);
    expect((await runCli(["vless-user"])).stderr).toContain("Usage: mtproxy vless-user");
  });
});

describe("an option that does not exist, or is given no value", () => {
  test.each([
    [["add-user", "x", "--fake-tsl"], "Did you mean --fake-tls?"],
    [["list-users", "--dry-run"], "unknown option '--dry-run'"],
    [["setup", "--port"], "argument missing"],
    [["list-users", "--home"], "argument missing"],
    [["status", "everything"], "too many arguments"],
  ])("%j is a usage error", async (args, says) => {
    const { code, stdout, stderr } = await runCli(args, { home: await tempFolder() });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
  });
});

describe("escape codes", () => {
  test("are in nothing that goes through a pipe", async () => {
    await home().add("piped");
    for (const args of [
      ["list-users"],
      ["status"],
      ["verify"],
      ["show", "piped"],
      ["show", "nobody"],
      ["--help"],
      ["bogus"],
    ]) {
      const { stdout, stderr } = await home().run(args, { env: { TERM: "xterm-256color", COLORTERM: "truecolor" } });
      expect([args, `${stdout}${stderr}`.includes("\x1b")]).toEqual([args, false]);
    }
  });

  test.each([
    ["are there on a terminal", {}, true],
    ["are not where NO_COLOR is set", { NO_COLOR: "1" }, false],
    ["are not on a dumb terminal", { TERM: "dumb" }, false],
  ])("%s", async (_, env, colored) => {
    const { mtproxy: run, home: folder } = await cliHome("--no-start");
    await run("vless-user", "add", "x");
    const bin = new URL("../../bin/familytraffic-mtproxy", import.meta.url).pathname;
    for (const args of [["list-users"], ["show", "x"]]) {
      const shown = watchOnTerminal([process.execPath, bin, ...args], { FAMILYTRAFFIC_HOME: folder, ...env });
      await shown.ended;
      expect([args, shown.output().includes("\x1b[")]).toEqual([args, colored]);
    }
  });
});
