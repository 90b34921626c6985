/** Attempts of the timer that failed in a row, and when the next one is due; mtproxy/run/tick.json. */
export interface Retry {
  readonly failures: number;
  /** ISO 8601; undefined after a success. */
  readonly notBefore?: string;
}

export const noFailure: Retry = { failures: 0 };

const FIRST_PAUSE_MS = 5 * 60_000;
const LONGEST_PAUSE_MS = 6 * 3_600_000;

/**
 * After one more failure: 5 minutes, 10, 20 … at most 6 hours. Each attempt restarts processes and brings them back, which cuts
 * everybody on them twice.
 */
export function afterFailure({ failures }: Retry, now: Date): Retry {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
  return { failures: failures + 1, notBefore: new Date(now.getTime() + pause).toISOString() };
}

export function mayTry({ notBefore }: Retry, now: Date): boolean {
  return notBefore === undefined || Date.parse(notBefore) <= now.getTime();
}
