import type { HistoryPoint } from "../../domain/numbers/history.ts";
import { snakeCase } from "../../ui/snake-case.ts";
import type { HistoryAnswer } from "./answers.ts";

/** What `prepareJson` would write, in a third of the time: a month is a long list of one shape. */
export function historyText({ points, ...asked }: HistoryAnswer): string {
  return `${snakeCase(JSON.stringify(asked)).slice(0, -1)},"points":[${points.map(pointText).join()}]}`;
}

function pointText({ at, bytesIn, bytesOut, opened, active, seconds }: HistoryPoint): string {
  return `{"at":${at},"bytes_in":${bytesIn},"bytes_out":${bytesOut},"opened":${opened},"active":${active},"seconds":${seconds}}`;
}
