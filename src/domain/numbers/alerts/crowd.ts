/** How many are usually there: a mean for each of the last minutes. */
export interface Crowd {
  /** Connections, the newest last. */
  readonly minutes: readonly number[];
  /** The minute that is being summed: its number since 1970, connections and looks. */
  readonly current?: { readonly minute: number; readonly sum: number; readonly looks: number };
}

export const emptyCrowd: Crowd = { minutes: [] };

/** An hour: who goes to sleep one after the other is no drop. */
const KEPT = 60;
/** Before that nobody knows what is usual. */
const LEAST = 15;
/** Minutes without a look after which what was usual is forgotten. */
const GAP = 30;
/** Share of the usual connections with which a drop is over. */
const RECOVERED = 0.5;

/** With one more look; not while a drop lasts, or it would become what is usual. */
export function withLook({ minutes, current }: Crowd, active: number, at: Date): Crowd {
  const minute = Math.floor(at.getTime() / 60_000);
  if (current === undefined || Math.abs(minute - current.minute) > GAP)
    return { minutes: [], current: { minute, sum: active, looks: 1 } };
  if (current.minute === minute)
    return { minutes, current: { minute, sum: current.sum + active, looks: current.looks + 1 } };
  const next = [...minutes, current.sum / current.looks].slice(-KEPT);
  return { minutes: next, current: { minute, sum: active, looks: 1 } };
}

/** The middle one of the last hour; undefined as long as nobody knows. */
export function usualCrowd({ minutes }: Crowd): number | undefined {
  if (minutes.length < LEAST) return undefined;
  return minutes.toSorted((a, b) => a - b)[Math.floor(minutes.length / 2)];
}

/** @param isTold it was told before: it takes half of the usual crowd then to be over */
export function isDrop(
  usual: number,
  active: number,
  { dropPercent, dropFrom }: { readonly dropPercent: number; readonly dropFrom: number },
  isTold: boolean,
): boolean {
  if (usual < dropFrom) return false;
  return isTold ? active < usual * RECOVERED : active <= dropLimit(usual, dropPercent);
}

/** Connections at which everybody counts as gone. */
export function dropLimit(usual: number, dropPercent: number): number {
  return (usual * (100 - dropPercent)) / 100;
}

/** Days that are looked at, and how many of them have to have been as empty. */
export const NIGHTS = 7;
const LEAST_NIGHTS = 2;

/**
 * Whether people are usually away at this time: on most of the last days there were as few.
 * @param lowest how few there were on each of them; null for one that nobody watched
 */
export function isNight(lowest: readonly (number | null)[], limit: number): boolean {
  const known = lowest.filter((it) => it !== null);
  const empty = known.filter((it) => it <= limit);
  return empty.length >= LEAST_NIGHTS && empty.length * 2 >= known.length;
}
