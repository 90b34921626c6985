import { Option } from "commander";
import type { Outcome } from "../app/outcome.ts";
import type { ReportOptions } from "../app/reporting/export-report.ts";
import type { Figures } from "../app/watching/read-figures.ts";
import { reportFormats, type Sorting, sortings } from "../domain/numbers/choices.ts";
import type { CliCommand, CommandContext } from "./command.ts";
import { parseCount } from "./options.ts";

/** Lines of each proxy that are shown unless told otherwise. */
const TAIL = 100;

interface LogFlags {
  readonly follow?: boolean;
  readonly tail?: number;
}

interface StatsFlags {
  readonly live?: boolean;
  readonly since?: string;
  readonly sort?: Sorting;
  readonly reverse?: boolean;
  readonly csv?: boolean;
}

/** What shows the running proxies. */
export function declareWatchingCommands(program: CliCommand): void {
  declareStats(program);
  declareReport(program);
  declareLogs(program);
}

function declareStats(program: CliCommand): void {
  program
    .command("stats [name]")
    .description("figures of every proxy and every person, or of one person alone; exit 9 when a proxy tells none")
    .option("--live", "draw them anew every two seconds; keys sort and scroll, q quits")
    .option("--since <when>", "what was since then instead of now: 7d, 24h, 2026-11-01 (from that day on, UTC)")
    .addOption(new Option("--sort <by>", "order of people").choices([...sortings]))
    .option("--reverse", "the other way round")
    .option("--csv", "people as rows for a spreadsheet")
    .examples([
      "mtproxy stats",
      "mtproxy stats alice",
      "mtproxy stats --live --sort traffic",
      "mtproxy stats --since 7d",
      "mtproxy stats --since 2026-11-01 --csv",
      "mtproxy stats --json",
    ])
    .runs(readFigures, async (data, style) =>
      data === null ? "" : (await import("../ui/figures-view.ts")).figuresView(data, style),
    );
}

async function readFigures(
  ctx: CommandContext,
  name: string | undefined,
  { live, since, sort, reverse = false, csv = false }: StatsFlags,
): Promise<Outcome<Figures | null>> {
  const options = { name, since, sort, reverse, csv };
  if (live === true) return (await import("./watch.ts")).drawStats(ctx, options);
  return (await import("../app/watching/read-figures.ts")).readFigures(ctx, options);
}

function declareReport(program: CliCommand): void {
  program
    .command("export-report")
    .description("what each person used in a month, for a spreadsheet, a program or the printer")
    .option("--month <month>", "calendar month, UTC, as 2026-11; this one when absent")
    .addOption(new Option("--format <format>", "csv, json or html").choices([...reportFormats]).default("csv"))
    .option("-o, --output <file>", "write it to a file (0600) instead of showing it")
    .examples([
      "mtproxy export-report",
      "mtproxy export-report --month 2026-11 --output november.csv",
      "mtproxy export-report --month 2026-11 --format html --output november.html",
    ])
    .runs(
      async (ctx, flags: Omit<ReportOptions, "render">) => {
        const { reportText } = await import("../ui/report-views.ts");
        return (await import("../app/reporting/export-report.ts")).exportReport(ctx, { ...flags, render: reportText });
      },
      async (data, style) => (await import("../ui/report-views.ts")).reportView(data, style),
    );
}

function declareLogs(program: CliCommand): void {
  program
    .command("logs [shard]")
    .description("what the proxies printed, all of them or one (a number as in mtproxy plan, or its name)")
    .option("-f, --follow", "go on with what they print from now on")
    .option(
      "--tail <lines>",
      `lines of each from the end (${TAIL})`,
      parseCount("--tail", { least: 0, most: 1_000_000 }),
    )
    .examples(["mtproxy logs", "mtproxy logs 2 --tail 20", "mtproxy logs --follow"])
    .runs(
      async (ctx, shard: string | undefined, { follow = false, tail = TAIL }: LogFlags) =>
        (await import("./watch.ts")).showLogs(ctx, { shard, follow, tail }),
      async (data, _style) => (data === null ? "" : (await import("../ui/log-views.ts")).logsView(data)),
    );
}
