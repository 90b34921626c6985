import { natures } from "./kinds.ts";
import { isQuiet } from "./quiet-hours.ts";
import type { AlertSettings } from "./settings.ts";
import type { Notice } from "./watch.ts";

export interface Telling {
  /** Told now, in one message. */
  readonly now: readonly Notice[];
  /** Told when the quiet hours are over. */
  readonly held: readonly Notice[];
}

/** Which of the news are told at once, and which wait for the morning; all that waited is told together. */
export function tellOrHold(
  held: readonly Notice[],
  news: readonly Notice[],
  { quietHours, quietAll }: Pick<AlertSettings, "quietHours" | "quietAll">,
  at: Date,
): Telling {
  if (!isQuiet(quietHours, at)) return { now: [...inOne(held), ...news], held: [] };
  const mayWait = (notice: Notice) => quietAll || !natures[notice.kind].urgent;
  return { now: news.filter((it) => !mayWait(it)), held: inOne([...held, ...news.filter(mayWait)]) };
}

/** What began and was over while nobody was told is one notice, and so is what was to be told again. */
function inOne(notices: readonly Notice[]): Notice[] {
  const last = new Map<string, Notice>();
  for (const notice of notices) {
    const key = `${notice.kind} ${notice.subject}`;
    const before = last.get(key);
    last.delete(key);
    last.set(key, before?.what === "begins" && notice.what === "lasts" ? before : notice);
  }
  return [...last.values()];
}
