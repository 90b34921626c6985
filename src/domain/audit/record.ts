import type { Actor, AuditEntry, Begun, Change, Ended } from "./entry.ts";

/** Entries that belong together, for people. */
export interface AuditRecord {
  readonly id: string;
  /** ISO 8601: when it began. */
  readonly at: string;
  readonly actor: Actor;
  /** Null for the daemon. */
  readonly user: string | null;
  readonly uid: number | null;
  readonly terminal: string | null;
  readonly from: string | null;
  /** `add-user`, `config set`; of the daemon `refuse`, `let in again`… */
  readonly command: string;
  /** As it was typed, without what may be a key; empty for the daemon. */
  readonly typed: readonly string[];
  readonly dryRun: boolean;
  /** People whom it was about. */
  readonly about: readonly string[];
  /** `unfinished`: it began and never said how it ended, because it was killed or still runs. */
  readonly outcome: "done" | "failed" | "unfinished";
  readonly exitCode: number | null;
  /** What went wrong, or what the daemon did. */
  readonly words: string | null;
  readonly milliseconds: number | null;
}

/** @returns in the order in which they began. An end whose beginning is no more there is left out */
export function joinEntries(entries: Iterable<AuditEntry>): AuditRecord[] {
  const ends = new Map<string, Ended>();
  const starts: (Begun | Change)[] = [];
  for (const entry of entries) {
    if (entry.entry === "end") ends.set(entry.id, entry);
    else starts.push(entry);
  }
  return starts
    .map((it) => (it.entry === "change" ? ofChange(it) : ofCommand(it, ends.get(it.id))))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function ofChange({ id, at, actor, command, about, words }: Change): AuditRecord {
  const nobody = { user: null, uid: null, terminal: null, from: null, typed: [], dryRun: false };
  return { id, at, actor, ...nobody, command, about, outcome: "done", exitCode: null, words, milliseconds: null };
}

function ofCommand(begun: Begun, end: Ended | undefined): AuditRecord {
  const { id, at, actor, user, uid, terminal, from, command, typed, dryRun } = begun;
  return {
    ...{ id, at, actor, user, uid, terminal, from, command, typed, dryRun },
    about: end?.about ?? [],
    outcome: end === undefined ? "unfinished" : end.exitCode === 0 ? "done" : "failed",
    exitCode: end?.exitCode ?? null,
    words: end?.error ?? null,
    milliseconds: end?.milliseconds ?? null,
  };
}

/** Whether a person is meant, also where a command was killed before it could say whom it was about. */
export function isAbout({ about, typed, command }: AuditRecord, name: string): boolean {
  const [wanted, own] = [name.toLowerCase(), command.split(" ")];
  return [...about, ...typed.filter((word) => !own.includes(word))].some((it) => it.toLowerCase() === wanted);
}
