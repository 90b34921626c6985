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

/** One look further. The same trouble is told once when it begins, now and then while it lasts, and once when it is over. */
export function watchTroubles(
  before: readonly Watched[],
  troubles: readonly Trouble[],
  { off, remindHours }: Pick<AlertSettings, "off" | "remindHours">,
  at: string,
): Watching {
  const wanted = troubles.filter(({ kind }) => !off.includes(kind));
  const now = new Map(wanted.map((it) => [keyOf(it), it]));
  const known = new Map(before.filter(({ kind }) => !off.includes(kind)).map((it) => [keyOf(it), it]));
  const steps = [
    ...wanted.map((trouble) => held(known.get(keyOf(trouble)) ?? fresh(trouble, at), trouble, remindHours, at)),
    ...[...known].flatMap(([key, it]) => (now.has(key) ? [] : [gone(it, at)])),
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
  const watched: Watched = { ...before, values, seen: Math.min(before.seen + 1, rise), missed: 0 };
  if (watched.toldAt === undefined)
    return watched.seen < rise
      ? { watched }
      : { watched: { ...watched, toldAt: at }, notice: told(watched, "begins", at) };
  const isDue = remindHours > 0 && Date.parse(at) - Date.parse(watched.toldAt) >= remindHours * HOUR_MS;
  return lasts && isDue ? { watched: { ...watched, toldAt: at }, notice: told(watched, "lasts", at) } : { watched };
}

/** What was never told goes without a word. */
function gone(before: Watched, at: string): Step {
  if (before.toldAt === undefined) return {};
  const { fall, lasts } = natures[before.kind];
  const watched: Watched = { ...before, missed: before.missed + 1 };
  if (watched.missed < fall) return { watched };
  return lasts ? { notice: told(watched, "over", at) } : {};
}

function told({ kind, subject, values, since }: Watched, what: Notice["what"], at: string): Notice {
  return { kind, subject, values, what, since, at };
}
