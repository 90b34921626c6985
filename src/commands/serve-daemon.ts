import type { ServeNumbers } from "../app/stats-api/serve-numbers.ts";
import type { CommandContext, Screen } from "./command.ts";

/** Is the daemon until somebody ends it. What opens the stats API is loaded when one is wanted: a framework comes with it. */
export async function serveDaemon(ctx: CommandContext, screen: Screen): Promise<void> {
  const { runDaemon } = await import("../app/daemon/run-daemon.ts");
  await runDaemon(ctx, { signal: ctx.signal, log: (line) => screen.line(line), serve: statsServerOnDemand(ctx) });
}

/** One for the whole process: who has series of their own for Prometheus may not change with another port. */
function statsServerOnDemand(ctx: CommandContext): ServeNumbers {
  let made: Promise<ServeNumbers> | undefined;
  return async (...args) => {
    made ??= makeStatsServer(ctx);
    return (await made)(...args);
  };
}

async function makeStatsServer(ctx: CommandContext): Promise<ServeNumbers> {
  const [{ statsServer }, { Metrics }] = await Promise.all([
    import("../analytics/http/serve.ts"),
    import("../analytics/metrics/metrics.ts"),
  ]);
  return statsServer(ctx, new Metrics({ version: ctx.agents.version }));
}
