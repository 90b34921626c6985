import type { Outcome } from "../app/outcome.ts";
import type { GlobalOptions, Style, View } from "../commands/command.ts";
import { AppError } from "../domain/errors.ts";
import { asSaid, inOneLineEach } from "./harmless.ts";
import { createProgress, type RecordedProgress, warningLine } from "./progress.ts";
import { redactKeys } from "./redaction.ts";
import { snakeCase } from "./snake-case.ts";
import { createStyle } from "./style.ts";
import { withSudo } from "./sudo-hint.ts";
import { printable, type Sink, type Terminal, toJson, wantsColor } from "./terminal.ts";

/** What output depends on beside the terminal. */
export interface OutputOptions extends Pick<GlobalOptions, "json" | "quiet" | "debug"> {
  /** `mtproxy/<command>/<version>`. */
  readonly schema: string;
  /** Keys may appear on stdout. */
  readonly reveals: boolean;
  /** The command changes something: with `--quiet` that it did so is not told. */
  readonly writes: boolean;
  /** It only shows what it would change. */
  readonly dryRun?: boolean;
  /** The command line, the program's name first: what root is told to type. */
  readonly typed?: readonly string[];
  /** Takes the JSON of the outcome too, whatever is printed. AppError where it cannot. */
  readonly keep?: ((json: string) => Promise<void>) | undefined;
}

/** What `--json` prints, with its fields in snake_case. */
export interface Envelope {
  readonly schema: string;
  readonly ok: boolean;
  readonly data: unknown;
  readonly warnings: readonly string[];
  readonly error: { readonly kind: string; readonly message: string; readonly hint: string | null } | null;
}

/** Everything that a command says: data on stdout, the rest on stderr, as text for people or as one JSON object. */
export interface Output {
  readonly progress: RecordedProgress;
  /** Prints the outcome and gives the exit code. Without a view (nothing was made, only an error thrown) people get no data. */
  finish<T>(outcome: Outcome<T>, view?: View<T>): Promise<number>;
}

export function createOutput(terminal: Terminal, options: OutputOptions): Output {
  const errStyle = styleOf(terminal.err, terminal);
  const outStyle = styleOf(terminal.out, terminal);
  const line = (text: string) => terminal.err.write(`${printable(redactKeys(text), errStyle.color)}\n`);
  const print = (text: string) => terminal.out.write(`${options.reveals ? text : guarded(text)}\n`);
  const progress = createProgress({
    line,
    style: errStyle,
    showsSteps: !options.quiet && (!options.json || terminal.err.isTTY === true),
    showsWarnings: !options.json,
  });

  async function finishForPeople<T>({ data, warnings = [], failure }: Outcome<T>, view: View<T> | undefined) {
    const text = view && showsResult(options) ? await view(inOneLineEach(data), outStyle, failure) : "";
    if (text !== "") print(printable(options.dryRun === true ? `${DRY_RUN}\n\n${text}` : text, outStyle.color));
    for (const warning of warnings) line(warningLine(warning, errStyle));
    if (failure !== undefined) line(errorText(failure, errStyle));
  }

  /** A result that cannot be kept where somebody will look for it is a failure, unless there is a worse one. */
  async function kept<T>(outcome: Outcome<T>): Promise<Outcome<T>> {
    try {
      await options.keep?.(`${snakeCase(toJson(envelope(options, outcome, progress), 2))}\n`);
      return outcome;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { failure: error, ...outcome };
    }
  }

  return {
    progress,
    async finish(given, view) {
      const outcome = await kept(asTyped(given, options.typed));
      if (options.json) print(snakeCase(toJson(envelope(options, outcome, progress), terminal.out.isTTY ? 2 : 0)));
      else await finishForPeople(outcome, view);
      if (options.debug && outcome.failure !== undefined) line(printable(trace(outcome.failure), false));
      return outcome.failure?.exitCode ?? 0;
    },
  };
}

/** Root is named by the line that was typed. */
function asTyped<T>(outcome: Outcome<T>, typed: readonly string[] | undefined): Outcome<T> {
  if (outcome.failure === undefined || typed === undefined) return outcome;
  return { ...outcome, failure: withSudo(outcome.failure, typed, process.getuid?.() ?? 0) };
}

/** Tells people something at once, whatever the command prints. */
export function warnOn(terminal: Terminal): (text: string) => void {
  return (text) => terminal.err.write(`${warningLine(text, styleOf(terminal.err, terminal))}\n`);
}

const DRY_RUN = "Dry run: nothing is changed, this is what would come out.";

function showsResult({ quiet, writes, reveals, dryRun }: OutputOptions): boolean {
  return !quiet || !writes || reveals || dryRun === true;
}

function envelope({ schema }: OutputOptions, outcome: Outcome<unknown>, progress: RecordedProgress): Envelope {
  const { data, warnings = [], failure } = outcome;
  return {
    schema,
    ok: failure === undefined,
    data: data ?? null,
    warnings: [...progress.warnings, ...warnings].map(redactKeys),
    error: failure === undefined ? null : errorFields(failure),
  };
}

function errorFields({ kind, message, hint }: AppError): NonNullable<Envelope["error"]> {
  return { kind, message: redactKeys(message), hint: hint === undefined ? null : redactKeys(hint) };
}

function errorText({ message, hint }: AppError, style: Style): string {
  return `${style.bad("✗")} ${asSaid(message)}${hint === undefined ? "" : `\n  ${asSaid(hint)}`}`;
}

function trace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.stack ?? error.message}${error.cause === undefined ? "" : `\ncaused by ${trace(error.cause)}`}`;
}

/** A command that is not there to show keys must not print one, whatever went wrong before. */
function guarded(text: string): string {
  if (redactKeys(text) === text) return text;
  throw new AppError("bug", "the result held a key, so it is not shown", {
    hint: "please report the command you typed",
  });
}

function styleOf(sink: Sink, terminal: Terminal): Style {
  return createStyle(wantsColor(sink, terminal.env));
}
