import type { Absence } from "./absence.ts";
import { type AlertKind, natures } from "./kinds.ts";
import type { AlertSettings } from "./settings.ts";
import type { Trouble } from "./trouble.ts";

/** A trouble that is watched: it may have to hold for a while before it is told. */
export interface Watched extends Trouble {
  /** ISO 8601: when it was first seen. */
  readonly since: string;
  /** Looks in a row that it held. */
  readonly seen: number;
  /** Looks in a row that it was gone. */
  readonly missed: number;
  /** ISO 8601: when it was last told; absent as long as it was not. */
  readonly toldAt?: string;
  /** ISO 8601: when it was over the last time, less than an hour ago. */
  readonly overAt?: string;
  /** How often it has come back since it was told first, each time within an hour. */
  readonly again?: number;
}

/** What is told of it. */
export interface Notice extends Trouble {
  readonly what: "begins" | "lasts" | "over";
  /** ISO 8601. */
  readonly since: string;
  readonly at: string;
}

export interface Watching {
  readonly watched: readonly Watched[];
  readonly notices: readonly Notice[];
}

const HOUR_MS = 3_600_000;
/** Looks: an hour. */
const LONGEST_FALL = 360;

/**
 * One look further. The same trouble is told once when it begins, now and then while it lasts, and once when it is over. What comes back
 * within an hour has to be gone for twice as long each time: a proxy that dies every few minutes is no message every few minutes.
 * @param absenceOf of a trouble that this look does not show
 */
export function watchTroubles(
  before: readonly Watched[],
  troubles: readonly Trouble[],
  { off, remindHours }: Pick<AlertSettings, "off" | "remindHours">,
  at: string,
  absenceOf: (kind: AlertKind, subject: string) => Absence = () => "gone",
): Watching {
  const wanted = troubles.filter(({ kind }) => !off.includes(kind));
  const now = new Map(wanted.map((it) => [keyOf(it), it]));
  const known = new Map(before.filter(({ kind }) => !off.includes(kind)).map((it) => [keyOf(it), it]));
  const steps = [
    ...wanted.map((trouble) => held(known.get(keyOf(trouble)) ?? fresh(trouble, at), trouble, remindHours, at)),
    ...[...known].flatMap(([key, it]) => (now.has(key) ? [] : [missed(it, absenceOf(it.kind, it.subject), at)])),
  ];
  return {
    watched: steps.flatMap(({ watched }) => watched ?? []),
    notices: steps.flatMap(({ notice }) => notice ?? []),
  };
}

/** Whether something was told and is not over. */
export function isTold(watched: readonly Watched[], kind: AlertKind, subject: string): boolean {
  return watched.some((it) => it.kind === kind && it.subject === subject && it.toldAt !== undefined);
}

interface Step {
  readonly watched?: Watched;
  readonly notice?: Notice;
}

function keyOf({ kind, subject }: Trouble): string {
  return `${kind} ${subject}`;
}

function fresh(trouble: Trouble, at: string): Watched {
  return { ...trouble, since: at, seen: 0, missed: 0 };
}

function held(before: Watched, { values }: Trouble, remindHours: number, at: string): Step {
  const { rise, lasts } = natures[before.kind];
  const since = before.seen === 0 ? at : before.since;
  const watched: Watched = { ...before, values, since, seen: Math.min(before.seen + 1, rise), missed: 0 };
  if (watched.toldAt === undefined) return watched.seen < rise ? { watched } : begun(watched, at);
  const isDue = remindHours > 0 && millisecondsBetween(at, watched.toldAt) >= remindHours * HOUR_MS;
  return lasts && isDue ? { watched: { ...watched, toldAt: at }, notice: told(watched, "lasts", at) } : { watched };
}

function begun({ overAt, again = 0, ...watched }: Watched, at: string): Step {
  const news = { ...watched, toldAt: at, again: overAt === undefined ? 0 : again + 1 };
  return { watched: news, notice: told(news, "begins", at) };
}

/** What was never told goes without a word, and so does what there is no more. */
function missed(before: Watched, absence: Absence, at: string): Step {
  const { toldAt, ...rest } = before;
  if (toldAt === undefined) return isRecent(before.overAt, at) ? { watched: { ...before, seen: 0 } } : {};
  if (absence !== "gone") return absence === "unseen" ? { watched: before } : {};
  if (before.missed + 1 < fallOf(before)) return { watched: { ...before, missed: before.missed + 1 } };
  const over: Watched = { ...rest, seen: 0, missed: 0, overAt: at };
  return natures[before.kind].lasts ? { watched: over, notice: told(before, "over", at) } : { watched: over };
}

function fallOf({ kind, again = 0 }: Watched): number {
  return Math.min(natures[kind].fall * 2 ** again, LONGEST_FALL);
}

function isRecent(overAt: string | undefined, at: string): boolean {
  return overAt !== undefined && millisecondsBetween(at, overAt) < HOUR_MS;
}

/** Whichever is the later: a clock that was set back makes what was written down before be still to come. */
function millisecondsBetween(a: string, b: string): number {
  return Math.abs(Date.parse(a) - Date.parse(b));
}

function told({ kind, subject, values, since }: Watched, what: Notice["what"], at: string): Notice {
  return { kind, subject, values, what, since, at };
}
