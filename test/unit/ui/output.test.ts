import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { Key } from "../../../src/domain/key.ts";
import { createOutput, type OutputOptions } from "../../../src/ui/output.ts";
import { recordTerminal } from "../../support/terminal.ts";

const defaults: OutputOptions = {
  schema: "mtproxy/list-users/1",
  json: false,
  quiet: false,
  debug: false,
  reveals: false,
  writes: false,
};
const digits = "00112233445566778899aabbccddeeff";

function setUp(options: Partial<OutputOptions> = {}, terminal = recordTerminal()) {
  return { terminal, output: createOutput(terminal, { ...defaults, ...options }) };
}

describe("output for people", () => {
  test("prints the view on stdout, warnings and the failure with its hint on stderr", async () => {
    const { terminal, output } = setUp();
    const failure = new AppError("engine", "the proxy does not start", { hint: "mtproxy logs" });
    const code = await output.finish({ data: { n: 2 }, warnings: ["old image"], failure }, ({ n }) => `${n} users`);
    expect(code).toBe(7);
    expect(terminal.stdout()).toBe("2 users\n");
    expect(terminal.stderr()).toBe("! old image\n✗ the proxy does not start\n  mtproxy logs\n");
  });

  test("prints nothing for an empty view", async () => {
    const { terminal, output } = setUp();
    expect(await output.finish({ data: 1 }, () => "")).toBe(0);
    expect(terminal.stdout()).toBe("");
  });

  test("prints steps and warnings as they come, warnings once", async () => {
    const { terminal, output } = setUp();
    output.progress.step("Secret generated");
    output.progress.step("Waiting until healthy…");
    output.progress.warn("slow");
    await output.finish({ data: 1 }, () => "done");
    expect(terminal.stderr()).toBe("✓ Secret generated\n… Waiting until healthy\n! slow\n");
  });

  test.each([
    ["of a reader is shown", { writes: false, reveals: false }, "result\n"],
    ["of a writer is hidden", { writes: true, reveals: false }, ""],
    ["that is a link is shown", { writes: true, reveals: true }, "result\n"],
  ])("with --quiet steps are hidden and a result %s", async (_, kind, stdout) => {
    const { terminal, output } = setUp({ quiet: true, ...kind });
    output.progress.step("hidden");
    output.progress.warn("shown");
    await output.finish({ data: 1 }, () => "result");
    expect(terminal.stdout()).toBe(stdout);
    expect(terminal.stderr()).toBe("! shown\n");
  });

  test("says of a dry run that nothing is changed, and shows it with --quiet too", async () => {
    const { terminal, output } = setUp({ quiet: true, writes: true, dryRun: true });
    await output.finish({ data: 1 }, () => "alice is removed");
    expect(terminal.stdout()).toBe("Dry run: nothing is changed, this is what would come out.\n\nalice is removed\n");
  });

  test("prints the stack of an error and of its cause only with --debug", async () => {
    const failure = new AppError("engine", "outer", { cause: new Error("inner") });
    const plain = setUp();
    await plain.output.finish({ data: null, failure });
    expect(plain.terminal.stderr()).toBe("✗ outer\n");
    const debug = setUp({ debug: true });
    await debug.output.finish({ data: null, failure });
    expect(debug.terminal.stderr()).toMatch(/AppError: outer\n {4}at [\s\S]*caused by Error: inner\n {4}at /);
  });

  test("lets no field forge a row, move the cursor or choose a colour", async () => {
    const { terminal, output } = setUp({}, recordTerminal({ tty: true }));
    const data = { list: [{ at: "2026\n│ eve │", by: "\u001b[8m\u001b[2J\r\t\u202e\u2028x" }], n: 1, none: null };
    await output.finish({ data }, ({ list, n, none }) => `${list[0]?.at}${list[0]?.by}${n}${none}`);
    expect(terminal.stdout()).toBe("2026?│ eve │?[8m?[2J????x1null\n");
  });

  test("lets no warning and no error forge another line or choose a colour", async () => {
    const { terminal, output } = setUp({}, recordTerminal({ tty: true }));
    output.progress.warn("odd\n✓ fine");
    const failure = new AppError("engine", "it said:\n  \u001b[31mred\r\n✓ fine", { hint: "try\n✓ fine" });
    await output.finish({ data: null, warnings: ["a\n! b"], failure });
    const lines = terminal.stderr().trimEnd().split("\n");
    expect(lines.filter((line) => /^\S/.test(line))).toHaveLength(3);
    expect(terminal.stderr()).not.toContain("\u001b[31mred");
  });

  test("lets nobody steer the terminal with a name", async () => {
    const { terminal, output } = setUp({}, recordTerminal({ tty: true }));
    output.progress.warn("\x1b[2Jgone");
    await output.finish({ data: "\x1b]0;title\x07\r\u202ebob" }, (name, style) => style.bold(name));
    expect(terminal.stdout()).toBe("\x1b[1m?]0;title???bob\x1b[22m\n");
    expect(terminal.stderr()).toContain("?[2Jgone");
  });
});

describe("JSON output", () => {
  const parse = (text: string): unknown => JSON.parse(text);

  test("is one envelope with the data, and nothing on stderr", async () => {
    const { terminal, output } = setUp({ json: true });
    output.progress.step("hidden");
    output.progress.warn("first");
    expect(await output.finish({ data: { users: [] }, warnings: ["second"] }, () => "unused")).toBe(0);
    expect(parse(terminal.stdout())).toEqual({
      schema: "mtproxy/list-users/1",
      ok: true,
      data: { users: [] },
      warnings: ["first", "second"],
      error: null,
    });
    expect(terminal.stderr()).toBe("");
  });

  test("carries data beside the error when something was achieved all the same", async () => {
    const { terminal, output } = setUp({ json: true });
    const failure = new AppError("pending", "saved, but not live", { hint: "mtproxy apply" });
    expect(await output.finish({ data: { name: "alice" }, failure })).toBe(8);
    expect(parse(terminal.stdout())).toMatchObject({
      ok: false,
      data: { name: "alice" },
      error: { kind: "pending", message: "saved, but not live", hint: "mtproxy apply" },
    });
  });

  test("keeps every string whole while no control character reaches the terminal", async () => {
    const { terminal, output } = setUp({ json: true }, recordTerminal({ tty: true }));
    const data = "\x1b[2J\x9b\u202e é\n";
    await output.finish({ data });
    expect(terminal.stdout()).not.toMatch(/[\x1b\x9b\u202e]/);
    expect(parse(terminal.stdout())).toMatchObject({ data });
  });

  test("is one line where a program reads it", async () => {
    const { terminal, output } = setUp({ json: true });
    await output.finish({ data: { a: [1, 2] } });
    expect(terminal.stdout().trimEnd()).not.toContain("\n");
  });
});

describe("keys", () => {
  test.each([[false], [true]])("are refused on stdout of a command that does not reveal (json %s)", async (json) => {
    const key = Key.parse(digits);
    const { terminal, output } = setUp({ json });
    const finish = output.finish({ data: `dd${key.reveal()}` }, (text) => text);
    await expect(finish).rejects.toMatchObject({ kind: "bug" });
    expect(terminal.stdout()).toBe("");
  });

  test("are printed by a command that is there to show them", async () => {
    const key = Key.parse(digits);
    const { terminal, output } = setUp({ reveals: true });
    await output.finish({ data: key.reveal() }, (text) => text);
    expect(terminal.stdout()).toBe(`${digits}\n`);
  });

  test("are taken out of warnings, errors and stacks, in every case of letters", async () => {
    const key = Key.parse(digits);
    for (const json of [false, true]) {
      const { terminal, output } = setUp({ json, debug: true, reveals: false });
      output.progress.warn(`mtproto-proxy -S ${key.reveal()}`);
      const failure = new AppError("engine", `bad ${digits.toUpperCase()}`, { hint: `not ee${digits}6f2e6f` });
      await output.finish({ data: null, failure });
      expect(terminal.stdout() + terminal.stderr()).not.toMatch(new RegExp(digits, "i"));
      expect(terminal.stdout() + terminal.stderr()).toContain("not ee[key]6f2e6f");
    }
  });

  test("do not hide other digits", async () => {
    const { terminal, output } = setUp();
    const digest = "a".repeat(64);
    await output.finish({ data: digest }, (text) => text);
    expect(terminal.stdout()).toBe(`${digest}\n`);
  });
});
