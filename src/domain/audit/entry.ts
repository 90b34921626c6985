/**
 * The audit log: who changed what, when, from where, and what came of it. A command writes when it begins and when it ends, so that one
 * that was killed in the middle has said that it began; what the daemon does by itself is one entry.
 */

/** Somebody at the command line, a timer without anybody, or the daemon. */
export const actors = ["person", "timer", "daemon"] as const;

export type Actor = (typeof actors)[number];

/** Whoever typed a command, as far as the machine tells. */
export interface Operator {
  /** The account that they logged in with: with sudo the one that called it. */
  readonly user: string;
  /** With whose rights. */
  readonly uid: number;
  /** `pts/0`; null without a terminal. */
  readonly terminal: string | null;
  /** The address that they came from by SSH; null where nobody says one. */
  readonly from: string | null;
}

interface Stamp {
  /** Ties the end of a command to its beginning. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface Begun extends Stamp, Operator {
  readonly entry: "begin";
  readonly actor: Exclude<Actor, "daemon">;
  /** `add-user`, `config set`. */
  readonly command: string;
  /** As it was typed, without what may be a key: `mtproxy`, `add-user`, `bob`. */
  readonly typed: readonly string[];
  /** It was only to show what would be done. */
  readonly dryRun: boolean;
  readonly pid: number;
  /** Version of this program. */
  readonly program: string;
}

export interface Ended extends Stamp {
  readonly entry: "end";
  readonly exitCode: number;
  readonly milliseconds: number;
  /** People whom it was about. */
  readonly about: readonly string[];
  /** What it said when it did not work. */
  readonly error: string | null;
}

/** What nobody typed, once it is done. */
export interface Change extends Stamp {
  readonly entry: "change";
  readonly actor: Actor;
  /** `refuse`, `let in again`, `end what was replaced`, `show link`. */
  readonly command: string;
  readonly about: readonly string[];
  /** A sentence. */
  readonly words: string;
}

export type AuditEntry = Begun | Ended | Change;
