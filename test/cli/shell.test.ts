import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { runCli, startCli, withHome } from "../support/cli.ts";

const root = resolve(import.meta.dirname, "../..");

describe("help and version", () => {
  test("--version prints the package's version", async () => {
    const { version } = JSON.parse(await readFile(resolve(root, "package.json"), "utf8"));
    expect(await runCli(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test.each(["familytraffic-mtproxy", "vless-user"] as const)(
    "%s --help goes to stdout with the options of every command",
    async (program) => {
      const { code, stdout, stderr } = await runCli(["--help"], { program });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      for (const option of ["--json", "--home", "--yes", "--no-input", "--quiet", "--debug", "--version"]) {
        expect(stdout).toContain(option);
      }
    },
  );

  test("nothing typed is a usage error that shows the help on stderr", async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: mtproxy");
  });
});

describe("a wrong command line", () => {
  test("is a usage error with the command to type next", async () => {
    const { code, stdout, stderr } = await runCli(["list-users", "--colour"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe("✗ unknown option '--colour'\n  mtproxy list-users --help shows what can be typed\n");
  });

  test("that is nearly a command names the command", async () => {
    const { code, stderr } = await runCli(["list-user"]);
    expect(code).toBe(2);
    expect(stderr).toBe("✗ unknown command 'list-user'\n  Did you mean list-users?\n");
  });

  test.each([[["--json", "ad-user", "x"]], [["ad-user", "x", "--json"]]])(
    "in JSON is an envelope on stdout: %j",
    async (args) => {
      const { code, json, stderr } = await runCli(args);
      expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
      expect(json).toEqual({
        schema: "mtproxy/error/1",
        ok: false,
        data: null,
        warnings: [],
        error: { kind: "usage", message: "unknown command 'ad-user'", hint: "Did you mean add-user?" },
      });
    },
  );

  test("of nothing but --json is an envelope too", async () => {
    const { code, json } = await runCli(["--json"]);
    expect(code).toBe(2);
    expect(json).toMatchObject({ ok: false, error: { kind: "usage" } });
  });
});

describe("output that nobody reads", () => {
  test("ends the command quietly", async () => {
    const child = startCli(["--help"]);
    child.stdout.destroy();
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (piece: string) => {
      stderr += piece;
    });
    const code = await new Promise((end) => child.once("close", end));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe("the command that is typed", () => {
  test.each([
    ["familytraffic-mtproxy", ["list-users", "--json"], "mtproxy/list-users/1"],
    ["familytraffic-mtproxy", ["--json", "vless-user", "list"], "mtproxy/vless-user-list/1"],
    ["vless-user", ["list", "--json"], "mtproxy/vless-user-list/1"],
  ] as const)("%s %j names its schema", (program, args, schema) =>
    withHome(async (home) => {
      const { code, json, stderr } = await runCli(args, { program, home });
      expect({ code, stderr, ok: json.ok, schema: json.schema }).toEqual({ code: 0, stderr: "", ok: true, schema });
    }),
  );

  test("--home goes before FAMILYTRAFFIC_HOME, and an empty variable counts as none", () =>
    withHome(async (home) => {
      const setup = ["setup", "--engine", "trial", "--public-host", "127.0.0.1", "--no-start", "--dry-run", "--json"];
      const homeOf = async (args: string[], variable: string) =>
        (await runCli([...setup, ...args], { home: variable })).json.data;
      expect(await homeOf(["--home", home], "/elsewhere")).toMatchObject({ home });
      expect(await homeOf([], home)).toMatchObject({ home });
      expect(await homeOf([], "")).toMatchObject({ home: "/opt/familytraffic" });
    }));
});

describe("what escapes every promise", () => {
  const broken = (flags: readonly string[], how: string) => `
    require("${root}/dist/main.cjs").main("mtproxy", ["--version", ...${JSON.stringify(flags)}]);
    setTimeout(() => { ${how} });
  `;
  const run = (program: string) =>
    promisify(execFile)(process.execPath, ["-e", program]).then(
      () => expect.unreachable("it ends with an error"),
      (error: { code: number; stderr: string }) => error,
    );

  test.each(['throw new Error("boom")', 'Promise.reject(new Error("boom"))'])(
    "is a bug of ours, exit code 1: %s",
    async (how) => {
      const { code, stderr } = await run(broken([], how));
      expect(code).toBe(1);
      expect(stderr).toBe(
        "✗ this is a bug of ours: boom\n  please report it with what the same command prints with --debug\n",
      );
    },
  );

  test("shows where with --debug", async () => {
    const { stderr } = await run(broken(["--debug"], 'throw new Error("boom")'));
    expect(stderr).toContain("caused by Error: boom\n    at ");
  });
});
