import type { SwitchedRouting } from "../app/routing/switch-routing.ts";
import { parseImageName } from "../domain/image-name.ts";
import type { Routing } from "../domain/settings.ts";
import type { CliCommand, CommandContext, Style } from "./command.ts";

interface Flags {
  readonly image?: string;
  readonly dryRun?: boolean;
}

export function declareRoutingCommands(program: CliCommand): void {
  program
    .command("enable-haproxy-routing")
    .description("put HAProxy before the proxies: it knows who is connecting; every link goes on working")
    .option(
      "--image <image>",
      "image of HAProxy; 2.6, 2.8, 3.0 and 3.2 are known to work (haproxy:3.0)",
      parseImageName,
    )
    .writes()
    .examples(["mtproxy enable-haproxy-routing", "mtproxy enable-haproxy-routing --image haproxy:2.8"])
    .runs((ctx, flags: Flags) => change(ctx, "edge", flags), changed);
  program
    .command("disable-haproxy-routing")
    .description("take HAProxy away: each proxy has its own public port again; every link goes on working")
    .writes()
    .examples(["mtproxy disable-haproxy-routing"])
    .runs((ctx, flags: Flags) => change(ctx, "direct", flags), changed);
}

async function change(ctx: CommandContext, routing: Routing, { image, dryRun }: Flags) {
  const mayRenew = (await import("./renewal.ts")).asksForRenewal(ctx);
  return (await import("../app/routing/switch-routing.ts")).switchRouting(ctx, { routing, image, dryRun, mayRenew });
}

async function changed(data: SwitchedRouting, style: Style): Promise<string> {
  return (await import("../ui/routing-views.ts")).switchedRoutingView(data, style);
}
