import { describe, expect, test } from "vitest";
import { CliCommand, declareGlobalOptions, type Invocation } from "../../../src/commands/command.ts";
import { AppError } from "../../../src/domain/errors.ts";

/** A small program that keeps what was typed; `seen` are the arguments that the body of the last command got. */
function setUp() {
  const typed: Invocation[] = [];
  const seen: unknown[][] = [];
  const program = declareGlobalOptions(new CliCommand("mtproxy"))
    .exitOverride()
    .runWith(async (invocation) => {
      typed.push(invocation);
      await invocation.body({} as Parameters<Invocation["body"]>[0]);
    });
  const body = async (_ctx: unknown, ...args: unknown[]) => {
    seen.push(args);
    return { data: args.length };
  };
  program
    .command("add-user <name>")
    .option("--plain", "")
    .writes()
    .reveals()
    .examples(["mtproxy add-user alice"])
    .runs(body, String);
  program
    .command("image")
    .command("probe [image]")
    .runs(body, (data) => `${data} arguments`);
  const type = (...words: string[]) => program.parseAsync(words, { from: "user" });
  return { program, type, typed, seen };
}

async function errorOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error(`not an AppError: ${error}`);
}

describe("a declared command", () => {
  test("hands arguments and options to its body, and the data to its view", async () => {
    const { type, typed, seen } = setUp();
    await type("add-user", "alice", "--plain", "--dry-run");
    expect(seen).toEqual([["alice", { plain: true, dryRun: true }]]);
    await type("image", "probe");
    expect(seen[1]).toEqual([undefined, {}]);
    expect(await typed[1]?.view(2, {} as Parameters<Invocation["view"]>[1])).toBe("2 arguments");
  });

  test("knows its words, its root and what it may do", async () => {
    const { program, type, typed } = setUp();
    await type("image", "probe");
    await type("add-user", "alice");
    const [probe, add] = typed.map(({ command }) => command);
    expect(probe).toMatchObject({ path: "image probe", root: program, isWriter: false, isRevealing: false });
    expect(add).toMatchObject({ path: "add-user", isWriter: true, isRevealing: true });
  });

  test.each([
    [["--json", "-q", "add-user", "alice"]],
    [["add-user", "--json", "alice", "--quiet"]],
    [["add-user", "alice", "--json", "-q"]],
  ])("takes the options of every command anywhere: %j", async (words) => {
    const { program, type } = setUp();
    await type(...words);
    expect(program.opts()).toMatchObject({ json: true, quiet: true, input: true });
  });

  test("shows its examples at the end of its help", () => {
    const { program } = setUp();
    let help = "";
    const add = program.commands.find((command) => command.name() === "add-user");
    add
      ?.configureOutput({
        writeOut: (text) => {
          help += text;
        },
      })
      .outputHelp();
    expect(help).toMatch(/\nExamples:\n {2}mtproxy add-user alice\n$/);
  });
});

describe("a wrong command line", () => {
  test.each([
    [["add-user"], "missing required argument 'name'", "mtproxy add-user --help shows what can be typed"],
    [["add-user", "a", "b"], "too many arguments", "mtproxy add-user --help shows what can be typed"],
    [["add-user", "a", "--plian"], "unknown option '--plian'", "Did you mean --plain?"],
    [["image", "prob"], "unknown command 'prob'", "Did you mean probe?"],
    [["--home"], "option '--home <dir>' argument missing", "mtproxy --help shows what can be typed"],
  ])("%j is a usage error with the next step", async (words, message, hint) => {
    const error = await errorOf(setUp().type(...words));
    expect(error.kind).toBe("usage");
    expect(error.message).toContain(message);
    expect(error.hint).toBe(hint);
  });
});
