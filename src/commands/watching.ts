import type { Outcome } from "../app/outcome.ts";
import type { Stats } from "../app/watching/read-stats.ts";
import type { CliCommand, CommandContext } from "./command.ts";
import { parseCount } from "./options.ts";

/** How often a live picture is drawn anew. */
const EVERY_MS = 2000;

/** Lines of each proxy that are shown unless told otherwise. */
const TAIL = 100;

interface LogFlags {
  readonly follow?: boolean;
  readonly tail?: number;
}

/** What shows the running proxies. */
export function declareWatchingCommands(program: CliCommand): void {
  program
    .command("stats")
    .description("figures of every proxy, and of every person where the engine can tell; exit 9 when one is missing")
    .option("--live", "draw them anew every two seconds; q quits")
    .examples(["mtproxy stats", "mtproxy stats --live", "mtproxy stats --json"])
    .runs(
      async (ctx, { live }: { live?: boolean }): Promise<Outcome<Stats | null>> =>
        live === true ? drawStats(ctx) : (await import("../app/watching/read-stats.ts")).readStats(ctx),
      async (data, style) => (data === null ? "" : (await import("../ui/stats-views.ts")).statsView(data, style)),
    );
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
      async (ctx, shard: string | undefined, flags: LogFlags) => showLogs(ctx, shard, flags),
      async (data, _style) => (data === null ? "" : (await import("../ui/log-views.ts")).logsView(data)),
    );
}

async function drawStats(ctx: CommandContext): Promise<Outcome<null>> {
  const screen = await ctx.screen();
  const [{ readStats }, { livePicture }, { inOneLineEach }] = await Promise.all([
    import("../app/watching/read-stats.ts"),
    import("../ui/stats-views.ts"),
    import("../ui/harmless.ts"),
  ]);
  await screen.draw(
    async (style) => {
      const { data, failure } = await readStats(ctx);
      return livePicture(inOneLineEach(data), style, failure?.message);
    },
    { everyMs: EVERY_MS, signal: ctx.signal, otherwise: "mtproxy stats shows the figures once" },
  );
  return { data: null };
}

async function showLogs(ctx: CommandContext, shard: string | undefined, { follow, tail = TAIL }: LogFlags) {
  const [{ readLogs, followLogs }, { redactKeys: clean }] = await Promise.all([
    import("../app/watching/read-logs.ts"),
    import("../ui/redaction.ts"),
  ]);
  if (follow !== true) return readLogs(ctx, { shard, tail, clean });
  const [screen, { logLine }] = [await ctx.screen(), await import("../ui/log-views.ts")];
  await followLogs(ctx, { shard, tail, clean }, (name, line) => screen.line(logLine(name, line)));
  return { data: null };
}
