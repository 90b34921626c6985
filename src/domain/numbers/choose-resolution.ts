import { type HistoryQuery, keptDays, type Resolution, resolutions } from "./history.ts";

const MOST_POINTS = 2000;
const DAY_MS = 86_400_000;

const finestFirst = ["raw", "minute", "hour", "day"] as const satisfies readonly Resolution[];

/** The finest that has all of the time and few enough points; days when none has. */
export function chooseResolution({ since, until }: Pick<HistoryQuery, "since" | "until">, now: number): Resolution {
  const isFit = (resolution: Resolution) =>
    since >= now - keptDays[resolution] * DAY_MS && (until - since) / (resolutions[resolution] * 1000) <= MOST_POINTS;
  return finestFirst.find(isFit) ?? "day";
}
