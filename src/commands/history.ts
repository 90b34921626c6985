import type { HistoryOptions } from "../app/audit/show-history.ts";
import type { CliCommand } from "./command.ts";
import { parseCount } from "./options.ts";

export function declareHistoryCommand(program: CliCommand): void {
  program
    .command("history")
    .description("who changed what here, when, from where, and what came of it; the newest last")
    .option("--since <time>", "not before: 7d, 24h (so long ago), 2026-11-01 (where that day begins, UTC)")
    .option("--user <name>", "what was about one person")
    .option("--limit <n>", "the newest so many (50)", parseCount("--limit", { least: 1, most: 1_000_000 }))
    .examples(["mtproxy history", "mtproxy history --since 7d --user alice", "mtproxy history --limit 500 --json"])
    .runs(
      async (ctx, options: HistoryOptions) => (await import("../app/audit/show-history.ts")).showHistory(ctx, options),
      async (data, style) => (await import("../ui/audit-views.ts")).auditHistoryView(data, style),
    );
}
