import { join } from "node:path";
import { createHistories } from "../../src/analytics/history/histories.ts";
import type { Context } from "../../src/context.ts";
import type { TempHome } from "./temp-home.ts";

/** The real history of a home, as a context has it. */
export function historiesOf({
  paths,
  locks,
}: Pick<TempHome, "paths" | "locks">): Pick<Context, "history" | "historyReader"> {
  const lock = join(paths.run, "history.lock");
  const histories = createHistories({ folder: paths.history, lock, locks, warn: () => {} });
  return { history: histories.write, historyReader: histories.read };
}
