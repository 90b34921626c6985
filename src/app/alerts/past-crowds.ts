import type { Context } from "../../context.ts";
import { type Crowd, emptyCrowd, NIGHTS, withLook } from "../../domain/numbers/alerts/crowd.ts";
import type { HistoryReader } from "../../history.ts";
import { withHistory } from "../watching/last-days.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Before and after the same time of another day: who sleeps longer today is no news, nor who goes to bed a bit earlier. */
const [BEFORE_MS, AFTER_MS] = [2 * HOUR_MS, HOUR_MS];
/** Less may have been a restart. */
const LEAST_MINUTES = 5;
const EVERY_MS = 10 * MINUTE_MS;

type Lowest = readonly (number | null)[];

/** How many there were before, as the history has it. */
export class PastCrowds {
  readonly #ctx: Context;
  #known: Lowest = [];
  #next = 0;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** Of the last hour: a restart of the daemon is no reason not to know what is usual. */
  async lastHour(at: Date): Promise<Crowd> {
    const [since, until] = [at.getTime() - HOUR_MS, at.getTime()];
    const minutes = (history: HistoryReader) => crowdWithin(history, { since, until });
    const known = (await withHistory(this.#ctx, minutes)) ?? [];
    return known.reduce((crowd, { active, at: minute }) => withLook(crowd, active, new Date(minute)), emptyCrowd);
  }

  /** Connections, at most, in the five emptiest minutes around this time, day by day; null for a day that nobody watched. */
  async lowest(at: Date): Promise<Lowest> {
    const now = at.getTime();
    if (now < this.#next && this.#next - now <= EVERY_MS) return this.#known;
    this.#next = now + EVERY_MS;
    const days = Array.from({ length: NIGHTS }, (_, index) => now - (index + 1) * DAY_MS);
    this.#known =
      (await withHistory(this.#ctx, (history) => Promise.all(days.map((day) => lowestOf(history, day))))) ?? [];
    return this.#known;
  }
}

async function lowestOf(history: HistoryReader, at: number): Promise<number | null> {
  const stretch = { since: at - BEFORE_MS, until: at + AFTER_MS };
  const active = (await crowdWithin(history, stretch)).map((minute) => minute.active).sort((a, b) => a - b);
  return active[LEAST_MINUTES - 1] ?? null;
}

/** Minute by minute, as far as somebody could tell. */
async function crowdWithin(history: HistoryReader, time: { readonly since: number; readonly until: number }) {
  const { points } = await history.points({ kind: "all", name: "", ...time, resolution: "minute" });
  return points.flatMap(({ at, active }) => (active === null ? [] : [{ at, active }]));
}
