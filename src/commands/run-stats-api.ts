import type { Outcome } from "../app/outcome.ts";
import type { Login } from "../app/stats-api/stats-api-state.ts";
import {
  enableStatsApi,
  readStatsApi,
  rotateToken,
  type StartOptions,
  type SwitchedStatsApi,
  startStatsApi,
  stopStatsApi,
} from "../app/stats-api/switch-stats-api.ts";
import { announcement } from "../ui/stats-api-views.ts";
import type { CommandContext } from "./command.ts";
import { serveDaemon } from "./serve-daemon.ts";

/** What the commands of stats-api do once one is typed; apart, because every start reads their declarations. */

export interface StatsApiFlags {
  readonly port?: number;
  readonly origin?: string;
  readonly token?: boolean;
  readonly foreground?: boolean;
  readonly dryRun?: boolean;
}

/** @returns no data when it served until it was ended */
export async function start(ctx: CommandContext, flags: StatsApiFlags): Promise<Outcome<SwitchedStatsApi | null>> {
  if (flags.foreground === true && flags.dryRun !== true) return serveHere(ctx, flags);
  return startStatsApi(ctx, await optionsOf(ctx, flags));
}

export async function stop(ctx: CommandContext, { dryRun }: StatsApiFlags) {
  return stopStatsApi(ctx, { dryRun, login: await loginOf(ctx) });
}

export async function status(ctx: CommandContext) {
  return readStatsApi(ctx, await loginOf(ctx));
}

export function rotate(ctx: CommandContext, { dryRun }: StatsApiFlags) {
  return rotateToken(ctx, dryRun);
}

async function optionsOf(ctx: CommandContext, flags: StatsApiFlags): Promise<StartOptions> {
  const { port, origin, token, dryRun } = flags;
  return { port, origin: origin === "none" ? "" : origin, token, dryRun, login: await loginOf(ctx) };
}

/** Whoever typed this can log in here. */
async function loginOf({ env, host }: CommandContext): Promise<Login> {
  const name = env.SUDO_USER || env.USER || "root";
  return { name: /^[\w.-]+$/.test(name) ? name : "root", port: (await host.operator()).sshPort ?? undefined };
}

async function serveHere(ctx: CommandContext, flags: StatsApiFlags): Promise<Outcome<null>> {
  const screen = await ctx.screen();
  const { data, warnings = [] } = await enableStatsApi(ctx, await optionsOf(ctx, flags));
  for (const line of announcement(data)) screen.line(line);
  for (const warning of warnings) ctx.progress.warn(warning);
  await serveDaemon(ctx, screen);
  return { data: null };
}
