import { Option } from "commander";
import type { SetAlertsOptions } from "../app/alerts/set-alerts.ts";
import { alertBounds, alertLanguages } from "../domain/numbers/alerts/choices.ts";
import { declareChannelCommands } from "./alert-channels.ts";
import type { CliCommand } from "./command.ts";
import { collect, parseCount } from "./options.ts";

interface SetFlags extends Omit<SetAlertsOptions, "enabled" | "remindHours" | "quietHours"> {
  readonly enable?: boolean;
  readonly disable?: boolean;
  /** False for those that begin with `--no-`. */
  readonly remind?: number | false;
  readonly quietHours?: string | false;
}

export function declareAlertsCommands(program: CliCommand): void {
  const alerts = program.command("alerts").description("be told when something is amiss, by a bot, a mail, a webhook");
  declareShow(alerts);
  declareSet(alerts);
  declareChannelCommands(alerts);
  declareTest(alerts);
  declareHistory(alerts);
}

function declareShow(alerts: CliCommand): void {
  alerts
    .command("show")
    .description("what is told, by which channels, and what is amiss now")
    .examples(["mtproxy alerts show", "mtproxy alerts show --json"])
    .runs(
      async (ctx) => (await import("../app/alerts/show-alerts.ts")).showAlerts(ctx),
      async (data, style) => (await import("../ui/alert-views.ts")).alertsView(data, style),
    );
}

function declareSet(alerts: CliCommand): void {
  alerts
    .command("set")
    .description("choose what is told, when, and in which language")
    .option("--enable", "tell")
    .option("--disable", "tell nothing")
    .addOption(new Option("--language <language>", "of the messages").choices([...alertLanguages]))
    .option("--name <name>", "what messages call this server; not its address")
    .option("--on <kind>", "tell this kind again; repeat for more", collect)
    .option("--off <kind>", "tell this kind no more; alerts show lists them", collect)
    .option("--remind <hours>", "tell again what lasts (24)", parseCount("--remind", alertBounds.remindHours))
    .option("--no-remind", "tell it once")
    .option("--quiet-hours <hours>", "until when most waits: 23:00-07:00 (UTC), '23:00-07:00 Europe/Berlin'")
    .option("--no-quiet-hours", "tell at any time")
    .option("--quiet-all", "then that the proxy is down or blocked waits, too")
    .option("--no-quiet-all", "that is told at once")
    .option("--threshold <name=n>", "from where on: quota_percent=90; alerts show lists them", collect)
    .writes()
    .examples([
      "mtproxy alerts set --language ru --quiet-hours '23:00-07:00 Europe/Moscow'",
      "mtproxy alerts set --off expiring --threshold quota_percent=90",
    ])
    .runs(async (ctx, { enable, disable, remind, quietHours, ...flags }: SetFlags) => {
      const { setAlerts } = await import("../app/alerts/set-alerts.ts");
      const enabled = enable === true ? true : disable === true ? false : undefined;
      const hours = quietHours === false ? null : quietHours;
      return setAlerts(ctx, { ...flags, enabled, remindHours: remind === false ? 0 : remind, quietHours: hours });
    }, alertsView);
}

function declareTest(alerts: CliCommand): void {
  alerts
    .command("test [channels...]")
    .description("send a message through each channel; exit 9 when one does not take it")
    .examples(["mtproxy alerts test", "mtproxy alerts test telegram"])
    .runs(
      async (ctx, names: readonly string[]) => (await import("../app/alerts/test-alerts.ts")).testAlerts(ctx, names),
      async (data, style) => (await import("../ui/alert-views.ts")).testedAlertsView(data, style),
    );
}

function declareHistory(alerts: CliCommand): void {
  alerts
    .command("history")
    .description("what was told, by which channel, and what waits; the newest last")
    .option("--limit <n>", "the newest so many (50)", parseCount("--limit", { least: 1, most: 1000 }))
    .examples(["mtproxy alerts history", "mtproxy alerts history --limit 200 --json"])
    .runs(
      async (ctx, flags: { limit?: number }) => (await import("../app/alerts/show-told.ts")).showTold(ctx, flags),
      async (data, style) => (await import("../ui/alert-views.ts")).toldAlertsView(data, style),
    );
}

async function alertsView(...shown: Parameters<typeof import("../ui/alert-views.ts").alertsView>): Promise<string> {
  return (await import("../ui/alert-views.ts")).alertsView(...shown);
}
