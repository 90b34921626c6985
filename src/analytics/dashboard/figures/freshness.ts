import type { Texts } from "../texts/texts.ts";
import type { Amounts } from "./amounts.ts";

/** `connecting` at first; `away` while nobody answers; `refused` while the server answers and gives no figures. */
export type Condition = "connecting" | "live" | "away" | "refused";

/** How fresh the figures are, as the top of the page says it. */
export interface Freshness {
  readonly mood: "live" | "waiting" | "away";
  readonly words: string;
  /** When the figures are from; empty where that is not the point. */
  readonly looked: string;
}

/** All of them Unix milliseconds, by the server's clock. */
export interface Moments {
  readonly now: number;
  /** When somebody looked at the proxies last. */
  readonly lookedAt: number | undefined;
  /** Since when nobody answers. */
  readonly awaySince: number;
  /** What the server says, where it gives no figures. */
  readonly why: string;
}

/** The collector looks every ten seconds; figures older than this are said to be old. */
const STALE_MS = 45_000;

export function freshness(condition: Condition, moments: Moments, { live }: Texts, amounts: Amounts): Freshness {
  const { now, lookedAt, awaySince, why } = moments;
  if (condition === "refused") return { mood: "away", words: live.refused(why), looked: "" };
  if (condition === "away") return { mood: "away", words: live.away(amounts.time(awaySince)), looked: "" };
  if (condition !== "live" || lookedAt === undefined) return { mood: "waiting", words: live.connecting, looked: "" };
  const looked = amounts.time(lookedAt);
  if (now - lookedAt > STALE_MS) return { mood: "away", words: live.stale(looked), looked: "" };
  return { mood: "live", words: live.live, looked: live.looked(looked) };
}
