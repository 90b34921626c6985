import type { CliCommand, CommandContext } from "./command.ts";
import { parseCount } from "./options.ts";

interface ApplyFlags {
  readonly dryRun?: boolean;
  readonly allowRestart?: boolean;
}

export function declareServiceCommands(program: CliCommand): void {
  declarePlanning(program);
  declareTick(program);
  declareStatus(program);
  declareSwitches(program);
}

function declarePlanning(program: CliCommand): void {
  program
    .command("plan")
    .description("what applying would change: shards, restarts, connections that are cut")
    .option("--exit-code", "exit 8 when something is pending")
    .option("--allow-restart", "plan with restarts of running shards for new cover domains")
    .examples(["mtproxy plan", "mtproxy plan --exit-code --json"])
    .runs(
      async (ctx, flags: ApplyFlags & { exitCode?: boolean }) =>
        (await import("../app/live/show-plan.ts")).showPlan(ctx, flags),
      async (data, style) => (await import("../ui/service-views.ts")).planView(data, style),
    );
  program
    .command("apply")
    .description("make live what the state asks for; changes only what differs")
    .option("--allow-restart", "restart a running shard to take a new cover domain instead of opening another shard")
    .writes()
    .examples(["mtproxy apply", "mtproxy apply --dry-run"])
    .runs(applyEverything, async (data, style) => (await import("../ui/service-views.ts")).appliedView(data, style));
}

async function applyEverything(ctx: CommandContext, flags: ApplyFlags) {
  const mayRenew = (await import("./renewal.ts")).asksForRenewal(ctx);
  return (await import("../app/live/run-service.ts")).applyAll(ctx, { ...flags, mayRenew });
}

function declareTick(program: CliCommand): void {
  program
    .command("tick")
    .description("what time brings: links that expire, old links that end, changes that are pending; for the timer")
    .writes()
    .scheduled("often")
    .examples(["mtproxy tick --quiet", "mtproxy tick --dry-run"])
    .runs(
      async (ctx, flags: ApplyFlags) => (await import("../app/live/tick.ts")).tick(ctx, flags),
      async (data, style, failure) => (await import("../ui/tick-view.ts")).tickView(data, style, failure),
    );
}

function declareStatus(program: CliCommand): void {
  program
    .command("status")
    .description("what runs, how many are connected; exit 9 when something is unhealthy")
    .examples(["mtproxy status", "mtproxy status --json"])
    .runs(
      async (ctx) => (await import("../app/watching/read-status.ts")).readStatus(ctx),
      async (data, style) => (await import("../ui/service-views.ts")).statusView(data, style),
    );
  program
    .command("verify [names...]")
    .description("prove links with a real handshake each; exit 9 when one fails")
    .option(
      "--via <host:port>",
      "connect there instead of to the address in the link, to go around a NAT; a bare host keeps the port of each link",
    )
    .option(
      "--timeout <seconds>",
      "how long one attempt may take (10)",
      parseCount("--timeout", { least: 1, most: 600 }),
    )
    .examples([
      "mtproxy verify",
      "mtproxy verify alice",
      "mtproxy verify s3f9a1c",
      "mtproxy verify --via 127.0.0.1",
      "mtproxy verify 'tg://proxy?server=…'",
    ])
    .runs(
      async (ctx, names: string[], flags: { via?: string; timeout?: number }) =>
        (await import("../app/people/verify-links.ts")).verifyLinks(ctx, { names, ...flags }),
      async (data, style) => (await import("../ui/service-views.ts")).verifiedView(data, style),
    );
}

function declareSwitches(program: CliCommand): void {
  program
    .command("start")
    .description("start the proxy and make live whatever is pending")
    .writes()
    .examples(["mtproxy start"])
    .runs(applyEverything, async (data, style) => (await import("../ui/service-views.ts")).appliedView(data, style));
  program
    .command("stop")
    .description("stop the proxy; everybody is cut off until it starts again")
    .writes()
    .examples(["mtproxy stop"])
    .runs(
      async (ctx, flags: ApplyFlags) => (await import("../app/live/run-service.ts")).stopService(ctx, flags),
      async (data, style) => (await import("../ui/service-views.ts")).switchedServiceView(data, style),
    );
  program
    .command("restart")
    .description("restart the proxy and wait until it is healthy; everybody is cut off for about a second")
    .writes()
    .examples(["mtproxy restart"])
    .runs(
      async (ctx, flags: ApplyFlags) => (await import("../app/live/run-service.ts")).restartService(ctx, flags),
      async (data, style) => (await import("../ui/service-views.ts")).switchedServiceView(data, style),
    );
}
