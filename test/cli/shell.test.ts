import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli, startCli } from "../support/cli.ts";

describe("help and version", () => {
  test("--version prints the package's version", async () => {
    const { version } = JSON.parse(await readFile(resolve(import.meta.dirname, "../../package.json"), "utf8"));
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
