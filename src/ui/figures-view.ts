import type { Figures } from "../app/watching/read-figures.ts";
import type { Style } from "../commands/command.ts";
import { personView } from "./person-view.ts";
import { holdersCsv, sumsCsv } from "./stats-csv.ts";
import { statsView } from "./stats-views.ts";
import { sumsView } from "./sums-view.ts";

/** What `stats` prints, whatever was asked for. */
export async function figuresView(figures: Figures, style: Style): Promise<string> {
  if (figures.format === "csv") return csvOf(figures).replaceAll("\r\n", "\n").trimEnd();
  if ("since" in figures) return sumsView(figures, style);
  return "user" in figures ? personView(figures, style) : statsView(figures, style);
}

function csvOf(figures: Figures): string {
  if ("since" in figures) return sumsCsv(figures.users);
  return holdersCsv("user" in figures ? [figures.user] : (figures.users ?? []));
}
