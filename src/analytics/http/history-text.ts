import { snakeCase } from "../../ui/snake-case.ts";
import type { HistoryAnswer } from "./answers.ts";

/**
 * What `prepareJson` would write of the whole answer. A month is a long list, and passes through as the text that the history made.
 * @param told of `pointsText`
 */
export function historyText(asked: Omit<HistoryAnswer, "resolution" | "points">, told: string): string {
  return `${snakeCase(JSON.stringify(asked)).slice(0, -1)},${told.slice(1)}`;
}
