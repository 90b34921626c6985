import { openOutput } from "./descriptor.ts";

/** What a stream must offer to be written to: process.stdout, or a test's own. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where a command is typed: its streams and environment. */
export interface Terminal {
  readonly out: Sink;
  readonly err: Sink;
  readonly in: { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The process's own streams, each opened when it is first used. */
export function processTerminal(): Terminal {
  const out = once(() => openOutput(1, () => process.stdout, endWithoutReader));
  // That nobody reads the progress is no reason to stop the work.
  const err = once(() =>
    openOutput(
      2,
      () => process.stderr,
      () => {},
    ),
  );
  return {
    env: process.env,
    get out() {
      return out();
    },
    get err() {
      return err();
    },
    get in() {
      return process.stdin;
    },
  };
}

/** `mtproxy list-users | head -1` closes our stdout early, which is no error. */
function endWithoutReader(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  process.exit();
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Colour is for a terminal that understands it and a person who did not refuse it (https://no-color.org). */
export function wantsColor(sink: Sink, env: Terminal["env"]): boolean {
  return sink.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}

/**
 * Text that cannot steer a terminal, whoever wrote it (names in a users.json of others, a program's output): control and
 * direction-changing characters become `?`; of the escape sequences only colours stay, and those only where colour is wanted.
 */
export function printable(text: string, color: boolean): string {
  return text.replace(color ? UNSAFE_BESIDE_COLOR : UNSAFE, "?");
}

/** JSON that cannot steer a terminal either; it parses to the same value. */
export function toJson(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const UNSAFE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
const UNSAFE_BESIDE_COLOR = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\x1b(?!\[[\d;]*m)/g;
