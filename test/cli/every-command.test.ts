import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../../src/cli.ts";
import type { CliCommand } from "../../src/commands/command.ts";
import { runCli } from "../support/cli.ts";
import { cliHome, sharedCliHome } from "../support/cli-home.ts";
import { watchOnTerminal } from "../support/run-source.ts";
import { tempFolder } from "../support/temp-home.ts";

/** Every command that can be typed, as its words. */
function wordsOf(command: CliCommand, before: readonly string[] = []): string[][] {
  const visible = command.createHelp().visibleCommands(command) as CliCommand[];
  const children = visible.filter((child) => child.name() !== "help");
  if (children.length === 0) return [[...before]];
  return children.flatMap((child) => wordsOf(child, [...before, child.name()]));
}

const mtproxy = wordsOf(buildProgram("mtproxy"));
const vlessUser = wordsOf(buildProgram("vless-user"));

/** What each needs to be typed whole, in a home where alice is. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  "add-user": ["alice"],
  "remove-user": ["alice", "--dry-run"],
  "show-user-config": ["alice"],
  "disable-user": ["alice", "--dry-run"],
  "enable-user": ["alice"],
  "regenerate-user-secret": ["alice", "--dry-run"],
  "vless-user add": ["bob", "--dry-run"],
  "vless-user remove": ["alice", "--dry-run"],
  "vless-user show": ["alice"],
  "add-secret": ["--dry-run"],
  "remove-secret": ["99"],
  "regenerate-secret": ["99"],
  "add-fake-tls-domain": ["www.example.org", "--no-check", "--dry-run"],
  "remove-fake-tls-domain": ["google.com", "--dry-run"],
  "check-domain": ["www.example.org", "--address", "127.0.0.1", "--port", "1"],
  "refresh-config": ["--from-file", "/no/such/file"],
  "image probe": ["not a name"],
  "backup create": ["--dry-run"],
  "backup restore": ["/no/such/file"],
  import: ["/no/such/file"],
  "image use": ["not a name"],
  "link decode": ["00".repeat(16)],
  "config set": ["port", "none"],
  "set-port": ["443", "--dry-run"],
  "set-user": ["alice", "--note", "x", "--dry-run"],
  "set-promoted-channel": ["0f".repeat(16), "--dry-run"],
  "set-host": ["192.0.2.9", "--dry-run"],
  "set-workers": ["1", "--dry-run"],
  completion: ["bash"],
  setup: ["--no-start"],
  uninstall: ["--purge", "--dry-run"],
  stop: ["--dry-run"],
  restart: ["--dry-run"],
};

const home = sharedCliHome();
beforeAll(async () => {
  await home().add("alice");
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
  { program: "familytraffic-mtproxy", name: "mtproxy", commands: mtproxy },
  { program: "vless-user", name: "vless-user", commands: vlessUser },
] as const)("$name", ({ program, name, commands }) => {
  test.each(commands.map((words) => ({ words: words.join(" ") })))(
    "$words --help explains it with examples",
    async ({ words }) => {
      const { code, stdout, stderr } = await runCli([...words.split(" "), "--help"], { program });
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`Usage: ${name} ${words}`);
      expect(stdout).toMatch(/\nExamples:\n {2}\S/);
      expect(stdout).toContain("--json");
    },
  );
});

describe("--json of", () => {
  test.each(mtproxy.map((words) => ({ words: words.join(" ") })))(
    "$words is one envelope and nothing else",
    async ({ words }) => {
      const { code, stdout, stderr, json } = await home().mtproxy(
        ...words.split(" "),
        ...(ARGUMENTS[words] ?? []),
        "--json",
      );
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^\{.*\}\n$/);
      expect(Object.keys(json)).toEqual(["schema", "ok", "data", "warnings", "error"]);
      expect(json.schema).toBe(`mtproxy/${words.replaceAll(" ", "-")}/1`);
      expect(json.ok).toBe(code === 0);
      if (json.error === null) expect(code).toBe(0);
      else
        expect(json.error).toEqual({
          kind: expect.any(String),
          message: expect.any(String),
          hint: expect.toSatisfy((hint) => hint === null || typeof hint === "string"),
        });
      expect(JSON.stringify(json)).not.toMatch(/"[a-z]+[A-Z]\w*":/);
    },
  );
});

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
