import { resolve } from "node:path";
import { type Argument, type Command, CommanderError, type OutputConfiguration } from "commander";
import { version } from "../package.json";
import type { CommandAudit } from "./app/audit/command-audit.ts";
import {
  type Ask,
  CliCommand,
  type CommandContext,
  declareGlobalOptions,
  type GlobalOptions,
  type Invocation,
} from "./commands/command.ts";
import { declareCompletionCommands } from "./commands/completion.ts";
import { declareCommands } from "./commands/tree.ts";
import { declareVlessUserCommands } from "./commands/vless-user.ts";
import { AppError, wordsOf } from "./domain/errors.ts";
import { defaultHome } from "./domain/home.ts";
import type { Interrupts } from "./host/process.ts";
import { createOutput, type Output } from "./ui/output.ts";
import { type Terminal, wantsColor } from "./ui/terminal.ts";

/**
 * Builds the two programs out of the commands that src/commands declares (how: src/commands/command.ts), runs what was typed
 * and turns every error into text or JSON in one place.
 */

/** Columns of help that no terminal limits. */
const HELP_WIDTH = 100;

export type ProgramName = "mtproxy" | "vless-user";

/** What the process gives a command besides its arguments. */
interface Edge {
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
}

/**
 * The command tree: what `--help`, the manual page and completion are made from.
 * @param word first word of a command line that is to be run, where it is known: then the tree may be no more than that takes
 */
export function buildProgram(name: ProgramName, output: OutputConfiguration = {}, word?: string): CliCommand {
  const program = new CliCommand(name)
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .configureHelp({ showGlobalOptions: true, subcommandTerm })
    .configureOutput(output)
    .exitOverride();
  declareGlobalOptions(program);
  if (name === "vless-user") declareVlessUserProgram(program);
  else declareProxyProgram(program, word);
  return program.helpCommand("help [command]", "show the help of a command");
}

function declareVlessUserProgram(program: CliCommand): void {
  program.description("The people of a VLESS stack, and their links to the Telegram proxy");
  declareVlessUserCommands(program);
  declareCompletionCommands(program);
}

function declareProxyProgram(program: CliCommand, word?: string): void {
  program.description("Run a Telegram proxy for family and friends");
  program.examples(["mtproxy setup --public-host proxy.example.com", "mtproxy add-user alice", "mtproxy verify alice"]);
  declareCommands(program, word);
}

/** The first word that is no option of the program, nor the one value that such an option has. */
function firstWord(argv: readonly string[]): string | undefined {
  return argv.find((word, index) => !word.startsWith("-") && argv[index - 1] !== "--home");
}

/** In a list of commands their arguments say enough; that most take options goes without saying. */
function subcommandTerm(command: Command): string {
  const names = [command.name(), ...command.aliases()].join("|");
  return [names, ...command.registeredArguments.map(argumentTerm)].join(" ");
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Runs one command line (without node and script) and gives its exit code. */
export async function runCli(
  name: ProgramName,
  argv: readonly string[],
  { terminal, interrupts }: Edge,
): Promise<number> {
  let output: Output | undefined;
  let exitCode = 0;
  const program = buildProgram(name, helpOutput(terminal), firstWord(argv)).runWith(async (invocation) => {
    const options = globalOptions(invocation.command);
    output = outputFor(invocation, options, terminal, [name, ...argv]);
    exitCode = await runInvocation(invocation, options, output, { terminal, interrupts }, [name, ...argv]);
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    return isHelp(error) ? 0 : finishFailed(output ?? outputBeforeParsing(argv, terminal), error);
  }
}

/** For what escaped every promise: says so as any other error is said, and gives the exit code. */
export function reportUncaught(error: unknown, argv: readonly string[], terminal: Terminal): Promise<number> {
  return finishFailed(outputBeforeParsing(argv, terminal), error);
}

async function runInvocation(
  { command, body, view }: Invocation,
  options: GlobalOptions,
  output: Output,
  { terminal, interrupts }: Edge,
  typed: readonly string[],
): Promise<number> {
  const { createContext } = await import("./create-context.ts");
  let audit: CommandAudit | undefined;
  const ports = createContext({
    home: options.home,
    progress: output.progress,
    putOffInterrupts: interrupts.putOff,
    ...(command.isOften ? { beforeChange: async () => audit?.begin() } : {}),
  });
  const ctx: CommandContext = {
    ...ports,
    ask: askWhenAsked(terminal, options),
    screen: async () => (await import("./ui/screen.ts")).openScreen(terminal, options),
    env: terminal.env,
    get signal() {
      return interrupts.signal;
    },
    onHangup: interrupts.onHangup,
  };
  if (command.isWriter) audit = await auditOf(command, ctx, typed);
  const run = () => body(ctx);
  return output.finish(await (audit?.around(run) ?? run()), view);
}

/** The one place where commands that change something are written down. */
async function auditOf(command: CliCommand, ctx: CommandContext, typed: readonly string[]): Promise<CommandAudit> {
  const { CommandAudit } = await import("./app/audit/command-audit.ts");
  const { isScheduled, isOften } = command;
  const dryRun = command.opts().dryRun === true;
  return new CommandAudit(ctx, { words: wholePath(command), typed, dryRun, isScheduled, isOften });
}

function askWhenAsked(terminal: Terminal, options: GlobalOptions): Ask {
  const ask = async () => (await import("./ui/prompts.ts")).createAsk(terminal, options);
  const { yes, input } = options;
  return {
    // Looking at stdin loads what opens it.
    get isPossible() {
      return !yes && input && terminal.in.isTTY === true && terminal.err.isTTY === true;
    },
    confirm: async (...question) => (await ask()).confirm(...question),
    text: async (...question) => (await ask()).text(...question),
    password: async (...question) => (await ask()).password(...question),
  };
}

function outputFor(
  { command }: Invocation,
  options: GlobalOptions,
  terminal: Terminal,
  typed: readonly string[],
): Output {
  const { isWriter, isRevealing } = command;
  const kind = { schema: schemaOf(command), writes: isWriter, reveals: isRevealing };
  const { dryRun, result } = command.opts();
  const keep = typeof result === "string" ? (json: string) => keepResult(result, json) : undefined;
  return createOutput(terminal, { ...options, ...kind, dryRun: dryRun === true, keep, typed });
}

/** Links are in it: only its owner reads it. */
async function keepResult(path: string, json: string): Promise<void> {
  const { createFiles } = await import("./create-context.ts");
  await createFiles().write(resolve(path), json, { mode: 0o600, exactMode: true });
}

/** `mtproxy/image-probe/1`. */
function schemaOf(command: CliCommand): string {
  return `mtproxy/${wholePath(command).replaceAll(" ", "-")}/1`;
}

/** The same for `vless-user add` and `mtproxy vless-user add`. */
function wholePath(command: CliCommand): string {
  return command.root.name() === "mtproxy" ? command.path : `${command.root.name()} ${command.path}`;
}

function globalOptions(command: CliCommand): GlobalOptions {
  const { json = false, yes = false, quiet = false, debug = false, input, home } = command.root.opts();
  return { json, yes, quiet, debug, input, home: resolve(home || defaultHome) };
}

/** Before the command is known, how an error shall look is read from the bare words. */
function outputBeforeParsing(argv: readonly string[], terminal: Terminal): Output {
  const flags = { json: argv.includes("--json"), quiet: false, debug: argv.includes("--debug") };
  return createOutput(terminal, { ...flags, schema: "mtproxy/error/1", reveals: false, writes: false });
}

function finishFailed(output: Output, error: unknown): Promise<number> {
  return output.finish({ data: error instanceof AppError ? error.data : undefined, failure: toAppError(error) });
}

/** Help goes where commander wants it; errors are not its business (CliCommand throws them). */
function helpOutput(terminal: Terminal): OutputConfiguration {
  const { env } = terminal;
  return {
    writeOut: (text) => terminal.out.write(text),
    writeErr: (text) => terminal.err.write(text),
    getOutHasColors: () => wantsColor(terminal.out, env),
    getErrHasColors: () => wantsColor(terminal.err, env),
    getOutHelpWidth: () => terminal.out.columns ?? HELP_WIDTH,
    getErrHelpWidth: () => terminal.err.columns ?? HELP_WIDTH,
  };
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof CommanderError) return new AppError("usage", "no command was given");
  const message = wordsOf(error);
  return new AppError("bug", `this is a bug of ours: ${message}`, {
    hint: "please report it with what the same command prints with --debug",
    cause: error,
  });
}

function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}
