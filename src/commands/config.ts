import type { ChangedSettings } from "../app/settings/change-settings.ts";
import type { SettingOptions } from "../app/settings/choose-settings.ts";
import { parsePort } from "../domain/port.ts";
import { countBounds } from "../domain/setting-bounds.ts";
import type { CliCommand, CommandContext, Style } from "./command.ts";
import { parseCount } from "./options.ts";

interface Flags {
  readonly dryRun?: boolean;
}

export function declareConfigCommands(program: CliCommand): void {
  const config = program.command("config").description("show and change settings");
  config
    .command("show")
    .description("show every setting")
    .examples(["mtproxy config show", "mtproxy config show --json"])
    .runs(
      async (ctx) => (await import("../app/settings/change-settings.ts")).showSettings(ctx),
      async (data) => (await import("../ui/config-views.ts")).settingsView(data),
    );
  config
    .command("set <name> <value...>")
    .description("change a setting, make it live, and rewrite the files of everybody whose link changes")
    .writes()
    .examples(["mtproxy config set max_connections 4000", "mtproxy config set default_mode fake-tls"])
    .runs(async (ctx, name: string, words: readonly string[], flags: Flags) => {
      const { readSetting } = await import("../app/settings/setting-names.ts");
      return change(ctx, readSetting(name, words), flags);
    }, changed);
  program
    .command("set-port")
    .argument("<port>", "public port", parsePort)
    .description("give the first shard another port, and say whose links change")
    .writes()
    .examples(["mtproxy set-port 443", "mtproxy set-port 443 --dry-run"])
    .runs((ctx, port: number, flags: Flags) => change(ctx, { port }, flags), changed);
  program
    .command("set-host <host>")
    .description("let links name another host name or address; everybody's link changes")
    .writes()
    .examples(["mtproxy set-host proxy.example.com"])
    .runs((ctx, publicHost: string, flags: Flags) => change(ctx, { publicHost }, flags), changed);
  program
    .command("set-workers")
    .argument("<n>", "worker processes a shard", parseCount("set-workers", countBounds.workers))
    .description("serve with another number of worker processes, 0 to 256; restarts every shard")
    .writes()
    .examples(["mtproxy set-workers 0"])
    .runs((ctx, workers: number, flags: Flags) => change(ctx, { workers }, flags), changed);
}

async function change(ctx: CommandContext, options: SettingOptions, { dryRun }: Flags) {
  const mayRenew = (await import("./renewal.ts")).asksForRenewal(ctx);
  return (await import("../app/settings/change-settings.ts")).changeSettings(ctx, { ...options, dryRun, mayRenew });
}

async function changed(data: ChangedSettings, style: Style): Promise<string> {
  return (await import("../ui/config-views.ts")).changedSettingsView(data, style);
}
