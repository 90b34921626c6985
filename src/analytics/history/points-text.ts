import type { HistoryPoints, Resolution } from "../../domain/numbers/history.ts";

/** As `pointsText` of a history has it. */
interface ToldPoints {
  readonly resolution: Resolution;
  readonly points: readonly {
    readonly at: number;
    readonly bytes_in: number;
    readonly bytes_out: number;
    readonly opened: number;
    readonly active: number | null;
    readonly seconds: number;
  }[];
}

/** @param text of `pointsText` */
export function pointsOf(text: string): HistoryPoints {
  const { resolution, points } = JSON.parse(text) as ToldPoints;
  return {
    resolution,
    points: points.map(({ at, bytes_in: bytesIn, bytes_out: bytesOut, opened, active, seconds }) => {
      return { at, bytesIn, bytesOut, opened, active, seconds };
    }),
  };
}
