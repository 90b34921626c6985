import type { Outcome } from "../app/outcome.ts";
import type { FiguresOptions } from "../app/watching/read-figures.ts";
import { followLogs, readLogs } from "../app/watching/read-logs.ts";
import { watchStats } from "../app/watching/watch-stats.ts";
import { AppError } from "../domain/errors.ts";
import { inOneLineEach } from "../ui/harmless.ts";
import { LiveStats } from "../ui/live-stats.ts";
import { logLine } from "../ui/log-views.ts";
import { redactKeys as clean } from "../ui/redaction.ts";
import type { CommandContext } from "./command.ts";

/** What goes on until somebody ends it: bodies of `stats --live` and `logs --follow`, loaded when they are typed. */

/** How often a live picture is drawn anew. */
const EVERY_MS = 2000;

export async function drawStats(ctx: CommandContext, options: FiguresOptions): Promise<Outcome<null>> {
  const { name, since, csv, sort, reverse } = options;
  if (name !== undefined || since !== undefined || csv)
    throw new AppError("usage", "--live draws everybody, as they are now", {
      hint: "mtproxy stats --live --sort traffic",
    });
  const screen = await ctx.screen();
  const live = new LiveStats(sort, reverse);
  const watch = watchStats(ctx, (stats) => live.seen(stats));
  const picture = {
    read: async () => inOneLineEach(await watch.next()),
    paint: live.paint.bind(live),
    press: live.press.bind(live),
  };
  const drawing = { everyMs: EVERY_MS, signal: ctx.signal, otherwise: "mtproxy stats shows the figures once" };
  await screen.draw(picture, drawing).finally(() => watch.close());
  return { data: null };
}

export interface LogOptions {
  readonly shard: string | undefined;
  readonly follow: boolean;
  readonly tail: number;
}

export async function showLogs(ctx: CommandContext, { shard, follow, tail }: LogOptions) {
  if (!follow) return readLogs(ctx, { shard, tail, clean });
  const screen = await ctx.screen();
  await followLogs(ctx, { shard, tail, clean }, (name, line) => screen.line(logLine(name, line)));
  return { data: null };
}
