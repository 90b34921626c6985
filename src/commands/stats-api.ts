import type { RotatedToken } from "../app/stats-api/switch-stats-api.ts";
import { parsePort } from "../domain/port.ts";
import type { CliCommand } from "./command.ts";
import type { StatsApiFlags as Flags } from "./run-stats-api.ts";

/** Figures over HTTP. */
export function declareStatsApiCommands(program: CliCommand): void {
  const api = program.command("stats-api").description("serve figures on this machine: API, Prometheus, dashboard");
  api
    .command("start")
    .description("have figures served on 127.0.0.1, to whoever has the token; says how to look from a phone")
    .option("--port <port>", "port on 127.0.0.1 and ::1 (8889)", parsePort)
    .option("--origin <origin>", "let pages of this origin ask too, as https://panel.example.com; none ends it")
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
      async (ctx, flags: Flags) => (await uses()).start(ctx, flags),
      async (data, style) => (await views()).startedView(data, style),
    );
  api
    .command("stop")
    .description("serve no figures any more; the daemon goes on where HAProxy's routing needs it")
    .writes()
    .examples(["mtproxy stats-api stop"])
    .runs(
      async (ctx, flags: Flags) => (await uses()).stop(ctx, flags),
      async (data, style) => (await views()).stoppedView(data, style),
    );
  api
    .command("status")
    .description("where figures are served, and since when; exit 9 when they should be and are not")
    .examples(["mtproxy stats-api status", "mtproxy stats-api status --json"])
    .runs(
      async (ctx) => (await uses()).status(ctx),
      async (data, style) => (await views()).apiStatusView(data, style),
    );
  api
    .command("rotate-token")
    .description("make a new token; whoever has the one before is refused from now on")
    .writes()
    .examples(["mtproxy stats-api rotate-token"])
    .runs(
      async (ctx, flags: Flags) => (await uses()).rotate(ctx, flags),
      async (data: RotatedToken, style) => (await views()).rotatedTokenView(data, style),
    );
}

const uses = () => import("./run-stats-api.ts");
const views = () => import("../ui/stats-api-views.ts");
