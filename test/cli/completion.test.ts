import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runCli, withHome } from "../support/cli.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { canRun } from "../support/machine.mts";

const run = promisify(execFile);
const home = sharedCliHome();

beforeAll(async () => {
  for (const name of ["alice", "alex", "bob"]) await home().add(name);
});

/** The words that Tab offers at the end of a command line. */
async function offered(...typed: string[]): Promise<string[]> {
  const { code, stdout } = await home().mtproxy("complete", "--", ...typed);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.at(-1)).toBe(":4");
  return lines.slice(0, -1).map((line) => line.split("\t")[0] ?? "");
}

describe("Tab offers", () => {
  test("commands, commands below commands, options and their choices", async () => {
    expect(await offered("ad")).toContain("add-user");
    expect(await offered("image", "")).toEqual(["probe", "list", "use", "help"]);
    expect(await offered("add-user", "dave", "--fa")).toEqual(["--fake-tls"]);
    expect(await offered("setup", "--engine", "")).toEqual(["docker", "trial"]);
  });

  test("people and cover domains of the home", async () => {
    expect(await offered("show-user-config", "al")).toEqual(["alice", "alex"]);
    expect(await offered("verify", "alice", "b")).toEqual(["bob"]);
    expect(await offered("add-user", "dave", "--fake-tls", "goo")).toEqual(["google.com"]);
  });

  test("nothing, and no error, where no home can be read", async () => {
    await withHome(async (bare) => {
      const { code, stdout, stderr } = await runCli(["complete", "--", "show-user-config", ""], { home: bare });
      expect([code, stdout, stderr]).toEqual([0, ":4\n", ""]);
    });
  });
});

/** A folder with the program under its short name, for a shell to find. */
async function onPath(): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await symlink(resolve("bin/familytraffic-mtproxy"), join(folder, "mtproxy"));
  return { ...process.env, PATH: `${folder}:${process.env.PATH}`, FAMILYTRAFFIC_HOME: home().home } as Record<
    string,
    string
  >;
}

describe("the script", () => {
  test("lets bash complete a name", async () => {
    const typed = `
      source <(mtproxy completion bash)
      COMP_WORDS=(mtproxy show-user-config al); COMP_CWORD=2; COMP_LINE="\${COMP_WORDS[*]}"; COMP_POINT=\${#COMP_LINE}
      $(complete -p mtproxy | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run("bash", ["-c", typed], { env: await onPath() });
    expect(
      stdout
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean),
    ).toEqual(["alice", "alex"]);
  });

  test.runIf(canRun("fish"))("lets fish complete a name", async () => {
    const typed = "mtproxy completion fish | source; complete -C 'mtproxy show-user-config al'";
    const { stdout } = await run("fish", ["-c", typed], { env: await onPath() });
    expect(
      stdout
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean)
        .sort(),
    ).toEqual(["alex", "alice"]);
  });

  test.runIf(canRun("zsh"))("is zsh that parses, for every name of the program", async () => {
    const env = await onPath();
    const { stdout } = await run("zsh", ["-c", "mtproxy completion zsh | zsh -n; echo $?"], { env });
    expect(stdout).toBe("0\n");
    expect((await home().mtproxy("completion", "zsh")).stdout).toMatch(
      /^#compdef mtproxy familytraffic-mtproxy vless-mtproxy$/m,
    );
  });

  test("runs nothing of what stands on the line", async () => {
    const typed = `
      source <(mtproxy completion bash); source <(mtproxy completion bash)
      COMP_WORDS=(mtproxy verify '$(echo ran >&2)' ''); COMP_CWORD=3
      _mtproxy_complete; echo \${#COMPREPLY[@]}`;
    expect(await run("bash", ["-c", typed], { env: await onPath() })).toEqual({ stdout: "3\n", stderr: "" });
  });

  test("for an unknown shell is refused with the known ones", async () => {
    const { code, stderr } = await home().mtproxy("completion", "tcsh");
    expect([code, stderr]).toEqual([2, expect.stringContaining("bash, zsh, fish")]);
  });
});
