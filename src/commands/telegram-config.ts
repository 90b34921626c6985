import type { CliCommand } from "./command.ts";

interface RefreshFlags {
  readonly proxySecret?: string;
  readonly fromFile?: string;
  readonly acceptFewer?: boolean;
  readonly dryRun?: boolean;
}

export function declareTelegramConfigCommands(program: CliCommand): void {
  program
    .command("refresh-config")
    .description(
      "fetch Telegram's proxy-secret and proxy-multi.conf, and make them live when they changed; made for cron",
    )
    .option("--from-file <file>", "take proxy-multi.conf from a file instead of downloading it")
    .option("--proxy-secret <file>", "take proxy-secret from a file instead of downloading it")
    .option("--accept-fewer", "take a proxy-multi.conf that lists fewer datacenters or proxies: look at it first")
    .writes()
    .scheduled()
    .examples([
      "mtproxy refresh-config",
      "mtproxy refresh-config --quiet",
      "mtproxy refresh-config --from-file proxy-multi.conf --proxy-secret proxy-secret",
    ])
    .runs(
      async (ctx, { fromFile, proxySecret, acceptFewer, dryRun }: RefreshFlags) =>
        (await import("../app/telegram-config/refresh-config.ts")).refreshConfig(ctx, {
          fromFile: { proxySecret, proxyMultiConf: fromFile },
          mayShrink: acceptFewer,
          dryRun,
        }),
      async (data, style) => (await import("../ui/refresh-views.ts")).refreshView(data, style),
    );
}
