import { type RangeName, rangeNames } from "../figures/ranges.ts";
import { choice } from "./choice.ts";
import type { Memory } from "./memory.ts";
import type { Page } from "./page.ts";

/** How far back the charts look. The next page goes on with what was chosen on this one. */
export function timeChoice(
  { texts: { charts } }: Page,
  memory: Memory,
  onChoose: (range: RangeName) => void,
): HTMLElement {
  const options = rangeNames.map((value) => ({ value, text: charts.ranges[value] }));
  return choice(charts.range, options, memory.range, (range) => {
    memory.range = range;
    onChoose(range);
  });
}
