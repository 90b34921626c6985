import type { Outcome } from "../app/outcome.ts";
import type { Rotated, RotateOptions } from "../app/people/rotate-all.ts";
import { AppError } from "../domain/errors.ts";
import { parsePort } from "../domain/port.ts";
import type { CliCommand, CommandContext } from "./command.ts";

interface RotateFlags extends RotateOptions {
  readonly all?: boolean;
}

export function declareRotateCommand(program: CliCommand): void {
  program
    .command("rotate")
    .description("new links for everybody, with a message and a page to send to each")
    .option("--all", "really everybody")
    .option("--domain <domain>", "another cover domain for every fake-TLS link")
    .option(
      "--port <port>",
      "other public ports: this one, and the next free ones where there are several proxies",
      parsePort,
    )
    .option("--overlap <time>", "let the old links work for 7d, 12h, 2w; mtproxy tick ends them")
    .option("--allow-restart", "restart running shards to take the cover domain instead of opening others")
    .writes()
    .reveals()
    .examples([
      "mtproxy rotate --all --overlap 7d",
      "mtproxy rotate --all --domain www.example.com --port 443",
      "mtproxy rotate --all --dry-run",
    ])
    .runs(rotate, async (data, style, failure) =>
      (await import("../ui/rotation-view.ts")).rotatedView(data, style, failure),
    );
}

async function rotate(ctx: CommandContext, { all, ...flags }: RotateFlags): Promise<Outcome<Rotated>> {
  if (all !== true)
    throw new AppError("usage", "rotate gives everybody a new link, and wants to be told so", {
      hint: "mtproxy rotate --all; mtproxy regenerate-user-secret NAME is for one person",
    });
  const { rotateOnHost } = await import("../app/people/rotate-all.ts");
  const preview = await rotateOnHost(ctx, { ...flags, dryRun: true });
  if (flags.dryRun === true) return preview;
  const { rotationQuestion } = await import("../ui/rotation-view.ts");
  if (await ctx.ask.confirm(rotationQuestion(preview.data))) return rotateOnHost(ctx, flags);
  throw new AppError("interrupted", "nothing was changed");
}
