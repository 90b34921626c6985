import type { RotatedToken, StartOptions, SwitchedStatsApi } from "../app/stats-api/switch-stats-api.ts";
import { parsePort } from "../domain/port.ts";
import type { CliCommand, CommandContext } from "./command.ts";

interface Flags {
  readonly port?: number;
  readonly origin?: string;
  readonly token?: boolean;
  readonly foreground?: boolean;
  readonly dryRun?: boolean;
}

/** Figures over HTTP. */
export function declareStatsApiCommands(program: CliCommand): void {
  const api = program.command("stats-api").description("serve figures on this machine: API, Prometheus, dashboard");
  api
    .command("start")
    .description("have figures served on 127.0.0.1, to whoever has the token; says how to look from a phone")
    .option("--port <port>", "port on 127.0.0.1 and ::1 (8889)", parsePort)
    .option(
      "--origin <origin>",
      "let pages of this origin ask too, for instance https://panel.example.com; none ends it",
    )
    .option("--token", "ask for the token, as it is unless told otherwise")
    .option("--no-token", "ask nobody: everybody on this machine sees the figures, and no link is shown")
    .option("--foreground", "serve from this terminal until Ctrl-C, instead of a service")
    .writes()
    .examples([
      "mtproxy stats-api start",
      "mtproxy stats-api start --port 9000",
      "mtproxy stats-api start --foreground",
    ])
    .runs(
      async (ctx, flags: Flags) => (flags.foreground === true ? serveHere(ctx, flags) : start(ctx, flags)),
      async (data, style) => (data === null ? "" : (await views()).startedView(data, style)),
    );
  api
    .command("stop")
    .description("serve no figures any more; the daemon goes on where HAProxy's routing needs it")
    .writes()
    .examples(["mtproxy stats-api stop"])
    .runs(
      async (ctx, { dryRun }: Flags) => (await uses()).stopStatsApi(ctx, { dryRun, login: loginOf(ctx) }),
      async (data: SwitchedStatsApi, style) => (await views()).stoppedView(data, style),
    );
  api
    .command("status")
    .description("where figures are served, and since when; exit 9 when they should be and are not")
    .examples(["mtproxy stats-api status", "mtproxy stats-api status --json"])
    .runs(
      async (ctx) => (await uses()).readStatsApi(ctx, loginOf(ctx)),
      async (data, style) => (await views()).apiStatusView(data, style),
    );
  api
    .command("rotate-token")
    .description("make a new token; whoever has the one before is refused from now on")
    .writes()
    .examples(["mtproxy stats-api rotate-token"])
    .runs(
      async (ctx, { dryRun }: Flags) => (await uses()).rotateToken(ctx, dryRun),
      async (data: RotatedToken, style) => (await views()).rotatedTokenView(data, style),
    );
}

const uses = () => import("../app/stats-api/switch-stats-api.ts");
const views = () => import("../ui/stats-api-views.ts");

async function start(ctx: CommandContext, flags: Flags) {
  return (await uses()).startStatsApi(ctx, optionsOf(ctx, flags));
}

function optionsOf(ctx: CommandContext, { port, origin, token, dryRun }: Flags): StartOptions {
  return { port, origin: origin === "none" ? "" : origin, token, dryRun, login: loginOf(ctx) };
}

/** Whoever typed this can log in here. */
function loginOf({ env }: CommandContext): string {
  const name = env.SUDO_USER || env.USER || "root";
  return /^[\w.-]+$/.test(name) ? name : "root";
}

async function serveHere(ctx: CommandContext, flags: Flags) {
  const screen = await ctx.screen();
  const { data, warnings = [] } = await (await uses()).enableStatsApi(ctx, optionsOf(ctx, flags));
  for (const line of (await views()).announcement(data)) screen.line(line);
  for (const warning of warnings) ctx.progress.warn(warning);
  await (await import("./serve-daemon.ts")).serveDaemon(ctx, screen);
  return { data: null };
}
