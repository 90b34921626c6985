import type { RangeName } from "../figures/ranges.ts";
import { firstChoice } from "./people-table.ts";

/** What the reader has chosen, while pages come and go. */
export class Memory {
  range: RangeName = "days";
  people = firstChoice;
}
