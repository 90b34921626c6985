import type { Resolution } from "../../../domain/numbers/history.ts";

/** How far back a chart looks. */
export interface Range {
  readonly seconds: number;
  /** What the API is asked for. */
  readonly resolution: Resolution;
  /** Of a point in the chart. */
  readonly bucketSeconds: number;
  /** Of a row in the table beside it. */
  readonly rowSeconds: number;
  /** How often it is asked for anew. */
  readonly refreshSeconds: number;
}

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];

export const ranges = {
  hour: { seconds: HOUR, resolution: "raw", bucketSeconds: 10, rowSeconds: 5 * MINUTE, refreshSeconds: 10 },
  days: { seconds: 2 * DAY, resolution: "minute", bucketSeconds: 5 * MINUTE, rowSeconds: HOUR, refreshSeconds: MINUTE },
  month: { seconds: 30 * DAY, resolution: "hour", bucketSeconds: HOUR, rowSeconds: DAY, refreshSeconds: 10 * MINUTE },
  years: { seconds: 730 * DAY, resolution: "day", bucketSeconds: DAY, rowSeconds: 7 * DAY, refreshSeconds: HOUR },
} as const satisfies Record<string, Range>;

export type RangeName = keyof typeof ranges;

export const rangeNames = Object.keys(ranges) as RangeName[];
