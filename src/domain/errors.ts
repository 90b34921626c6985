/** What kind of thing went wrong. Each kind is one exit code, so that scripts can tell them apart. */
export type ErrorKind =
  | "bug"
  | "usage"
  | "invalid"
  | "not-found"
  | "conflict"
  | "environment"
  | "engine"
  | "pending"
  | "unhealthy"
  | "interrupted";

export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  bug: 1,
  usage: 2,
  invalid: 3,
  "not-found": 4,
  conflict: 5,
  environment: 6,
  engine: 7,
  pending: 8,
  unhealthy: 9,
  interrupted: 130,
};

/** What each kind means, for whoever reads an exit code. */
export const errorMeanings: Readonly<Record<ErrorKind, string>> = {
  bug: "a bug of ours",
  usage: "the command line is wrong",
  invalid: "an input or a state file is not valid",
  "not-found": "there is no such thing",
  conflict: "in conflict with what is there, or locked",
  environment: "not root, no Docker, a port that is taken, no network",
  engine: "the engine or another program failed",
  pending: "changes are pending (plan --exit-code)",
  unhealthy: "something does not work (status, verify, doctor)",
  interrupted: "interrupted",
};

interface ErrorDetails {
  /** The next step for the person who reads this, usually a command to type. */
  hint?: string;
  /** What was achieved all the same (for instance: saved, but not live). Printed with `ok: false`. */
  data?: unknown;
  cause?: unknown;
}

/** How a hint begins where root could do it: the edge, which knows what was typed, puts the line with sudo in its place. */
export const AS_ROOT = "run the command as root";

/** The one error class of the product: `message` says what happened, `hint` what to do next. Neither may hold a key. */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly data: unknown;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = "AppError";
    this.kind = kind;
    this.hint = details.hint;
    this.data = details.data;
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }
}

/** What an error says, whatever was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
