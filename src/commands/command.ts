import { Command, Option } from "commander";
import type { Outcome } from "../app/outcome.ts";
import type { HostContext, RelayContext } from "../context.ts";
import { AppError } from "../domain/errors.ts";
import { defaultHome } from "../domain/home.ts";
import { shown } from "../domain/printable.ts";

/**
 * How a command is declared. One file a noun in this folder exports `declareX(program)`; src/cli.ts lists them.
 *
 *     export function declareUserCommands(program: CliCommand): void {
 *       program
 *         .command("add-user <name>")
 *         .description("give a person a link that works")
 *         .option("--fake-tls [domain]", "imitate TLS to a cover domain")
 *         .writes()
 *         .reveals()
 *         .examples(["mtproxy add-user alice", "mtproxy add-user bob --fake-tls www.example.com"])
 *         .runs(
 *           async (ctx, name: string, options: AddUserOptions) =>
 *             (await import("../app/people/add-user.ts")).addUser(ctx, { name, ...options }),
 *           async (data, style) => (await import("../ui/user-card.ts")).userCard(data, style),
 *         );
 *     }
 *
 * The declaration stays cheap, because every start makes all of them: import app and ui modules inside the two functions only.
 * The first gets the context, then commander's arguments and options; it returns an Outcome or throws AppError. The second turns
 * its data into text for people; `--json` prints the data itself.
 */

/** Questions to the person at the terminal. */
export interface Ask {
  /** Somebody is at a terminal and may be asked. */
  readonly isPossible: boolean;
  /**
   * `--yes` answers yes. Without a terminal or with `--no-input`: AppError usage, naming `--yes`. `details` are lines to read before
   * the question.
   */
  confirm(question: string, options?: { default?: boolean; details?: string }): Promise<boolean>;
  /** `flag` is what answers the question without a terminal, for instance `--public-host HOST`: named when nobody can be asked. */
  text(question: string, options: TextOptions): Promise<string>;
  /** What is typed is not shown, and `--yes` is no answer. `twice` asks again, until both are the same. */
  password(question: string, options: { flag: string; twice?: boolean }): Promise<string>;
}

export interface TextOptions {
  readonly flag: string;
  readonly default?: string;
  /** Lines to read before the question. */
  readonly details?: string;
  /** Throws AppError for an answer that cannot be: its reason is shown, and the question asked again. */
  check?(answer: string): unknown;
}

/** Where a command prints that goes on until somebody ends it. */
export interface Screen {
  /** One line at once, without keys. */
  line(text: string): void;
  /**
   * Draws one picture over the other until q or Ctrl-C, and leaves the terminal as it was. AppError usage without a terminal, with
   * `otherwise` as the next step; AppError interrupted when `signal` aborts.
   */
  draw<T>(
    picture: LivePicture<T>,
    options: { readonly everyMs: number; readonly signal: AbortSignal; readonly otherwise: string },
  ): Promise<void>;
}

/** What is drawn again and again. */
export interface LivePicture<T> {
  /** What there is to show, asked for every time. */
  read(): Promise<T>;
  /** Drawn after each reading, after a key, and when the terminal has another size. */
  paint(data: T, style: Style, size: ScreenSize): Promise<string>;
  /** A key that does not quit: a character, or `up`, `down`, `pageup`, `pagedown`, `home`, `end`. */
  press?(key: string): void;
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a body gets: the ports, and what only a command may do. */
export interface CommandContext extends HostContext, RelayContext {
  readonly ask: Ask;
  /** AppError usage with `--json`, which prints one object at the end. */
  screen(): Promise<Screen>;
  /** The environment that the command was typed in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reading it promises to end soon after it aborts; a command that never reads it is ended by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** From here on SIGHUP calls this, and ends nothing. */
  onHangup(reread: () => void): void;
}

/** How text is marked for people; every function returns its text unchanged where colour is not wanted. */
export interface Style {
  readonly color: boolean;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warning(text: string): string;
  /** White on black whatever the terminal's own colours are. */
  paper(text: string): string;
}

/** The options that every command takes. */
export interface GlobalOptions {
  readonly json: boolean;
  /** Absolute path. */
  readonly home: string;
  readonly yes: boolean;
  readonly input: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** Text for people without a final line break; empty prints nothing. The failure, if any, is printed after it. */
export type View<T> = (data: T, style: Style, failure?: AppError) => string | Promise<string>;

/** A command that was typed, ready to run. */
export interface Invocation {
  readonly command: CliCommand;
  body(ctx: CommandContext): Promise<Outcome<unknown>>;
  readonly view: View<unknown>;
}

/** commander's command with the few words that ours need beyond it. */
export class CliCommand extends Command {
  #runner: ((invocation: Invocation) => Promise<void>) | undefined;
  #writes = false;
  #reveals: boolean | string = false;
  #schedule: "never" | "sometimes" | "often" = "never";
  #examples: readonly string[] = [];

  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  /** On the root: who runs what was typed. */
  runWith(runner: (invocation: Invocation) => Promise<void>): this {
    this.#runner = runner;
    return this;
  }

  /**
   * The command changes something: it takes `--dry-run` (options.dryRun), `--quiet` hides its result, and the audit log tells that it
   * began and how it ended.
   */
  writes(): this {
    this.#writes = true;
    return this.option("--dry-run", "show what would be done, change nothing");
  }

  /**
   * A timer runs it too, which the audit log tells apart. `often`: only a run that changes something is written down there.
   */
  scheduled(how: "sometimes" | "often" = "sometimes"): this {
    this.#schedule = how;
    return this;
  }

  /**
   * It is this command's job to show links: keys may appear in its output (spec: "Keys never reach …").
   * @param option only where this option is given (its name in camelCase)
   */
  reveals(option?: string): this {
    this.#reveals = option ?? true;
    return this;
  }

  get isWriter(): boolean {
    return this.#writes;
  }

  get isScheduled(): boolean {
    return this.#schedule !== "never";
  }

  get isOften(): boolean {
    return this.#schedule === "often";
  }

  get isRevealing(): boolean {
    return typeof this.#reveals === "string" ? this.opts()[this.#reveals] === true : this.#reveals;
  }

  /** Shown at the end of `--help` and in the manual page. */
  examples(lines: readonly string[]): this {
    this.#examples = lines;
    return this.addHelpText("after", () => `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
  }

  get exampleLines(): readonly string[] {
    return this.#examples;
  }

  runs<A extends unknown[], T>(body: (ctx: CommandContext, ...args: A) => Promise<Outcome<T>>, view: View<T>): this {
    return this.action((...args: unknown[]) => {
      const given = args.slice(0, -1) as A;
      return this.root.run({
        command: this,
        body: (ctx) => body(ctx, ...given),
        view: (data, style, failure) => view(data as T, style, failure),
      });
    });
  }

  get root(): CliCommand {
    return this.parent instanceof CliCommand ? this.parent.root : this;
  }

  run(invocation: Invocation): Promise<void> {
    if (this.#runner === undefined) throw new AppError("bug", "the program has no runner");
    return this.#runner(invocation);
  }

  /** Words from below the program's name to this command: `image probe`. */
  get path(): string {
    return this.parent instanceof CliCommand ? `${this.parent.path} ${this.name()}`.trim() : "";
  }

  /** commander's one way to say that the command line is wrong. */
  override error(message: string): never {
    const [what = "", suggestion] = message.replace(/^error: /, "").split("\n");
    // What was typed may be a key that was meant for somewhere else.
    const help = `${`${this.root.name()} ${this.path}`.trim()} --help shows what can be typed`;
    throw new AppError("usage", shown(what, 160), {
      hint: suggestion === undefined ? help : suggestion.replace(/^\((.*)\)$/, "$1"),
    });
  }
}

/** Declares the options of every command on the program: commander takes them before and after the command's name. */
export function declareGlobalOptions(program: CliCommand): CliCommand {
  return program
    .option("--json", "print one JSON object on stdout; mtproxy schema describes it")
    .addOption(new Option("--home <dir>", "where everything is kept").env("FAMILYTRAFFIC_HOME").default(defaultHome))
    .option("-y, --yes", "answer every question with yes")
    .option("--no-input", "never ask: fail where an answer is missing")
    .option("-q, --quiet", "print errors, warnings and what was asked for, nothing else")
    .option("--debug", "print the stack of an error");
}
