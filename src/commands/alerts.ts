import { Argument, Option } from "commander";
import type { ChannelSecrets, ChannelWishes } from "../app/alerts/new-channel.ts";
import type { SetAlertsOptions } from "../app/alerts/set-alerts.ts";
import {
  alertBounds,
  alertLanguages,
  type ChannelKind,
  channelKinds,
  patienceOfCommand,
} from "../domain/numbers/alerts/choices.ts";
import type { CliCommand, CommandContext } from "./command.ts";
import { collect, parseCount } from "./options.ts";

interface DryRun {
  readonly dryRun?: boolean;
}

interface SetFlags extends Omit<SetAlertsOptions, "enabled" | "remindHours" | "quietHours"> {
  readonly enable?: boolean;
  readonly disable?: boolean;
  /** False for those that begin with `--no-`. */
  readonly remind?: number | false;
  readonly quietHours?: string | false;
}

interface AddFlags extends Omit<ChannelWishes, "words"> {
  readonly url?: string;
  readonly urlFile?: string;
  readonly tokenFile?: string;
  readonly secretFile?: string;
  readonly dryRun?: boolean;
}

export function declareAlertsCommands(program: CliCommand): void {
  const alerts = program.command("alerts").description("be told when something is amiss, by a bot, a mail, a webhook");
  declareShow(alerts);
  declareSet(alerts);
  declareAdd(alerts);
  declareRemove(alerts);
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

function declareAdd(alerts: CliCommand): void {
  alerts
    .command("add")
    .addArgument(new Argument("<channel>", "how to be told").choices([...channelKinds]))
    .argument("[words...]", "command: the program and its arguments, after --")
    .description("another way to be told; tokens and secrets are asked for, or read from a file")
    .option("--name <name>", "to name it by (its kind)")
    .option("--chat <chat>", "telegram: number of a person or group, or @name of a channel")
    .option("--token-file <file>", "telegram: the bot's token is its first line")
    .option("--api <url>", "telegram: another Bot API than https://api.telegram.org")
    .option("--url <url>", "webhook: where to")
    .option("--url-file <file>", "webhook: where to, when that is secret itself")
    .option("--secret-file <file>", "webhook: its first line signs the messages; made otherwise")
    .option("--to <address>", "email: where to; repeat for more", collect)
    .option("--from <address>", "email: from whom (root)")
    .option("--sendmail <path>", "email: another program than /usr/sbin/sendmail")
    .option("--patience <seconds>", "command: how long it may take (30)", parseCount("--patience", patienceOfCommand))
    .writes()
    .examples([
      "mtproxy alerts add telegram --chat 123456789",
      "mtproxy alerts add email --to root --to maria@example.com",
      "mtproxy alerts add webhook --url https://example.com/hook --secret-file /root/secret",
      "mtproxy alerts add command -- /usr/local/bin/on-alert --loud",
    ])
    .runs(async (ctx, kind: ChannelKind, words: readonly string[], { dryRun, ...flags }: AddFlags) => {
      const { addChannel } = await import("../app/alerts/change-channels.ts");
      return addChannel(ctx, kind, { wishes: { ...flags, words }, secrets: await secretsOf(ctx, flags), dryRun });
    }, channelsView);
}

/** From a file, else from whoever is asked: a command line stays in the shell's history. */
async function secretsOf(ctx: CommandContext, flags: AddFlags): Promise<ChannelSecrets> {
  const { firstLine } = await import("../app/first-line.ts");
  const from = (file: string | undefined, question: string, flag: string) =>
    file === undefined ? ctx.ask.password(question, { flag }) : firstLine(ctx, file);
  return {
    url: async () => flags.url ?? from(flags.urlFile, "Address of the webhook:", "--url-file FILE"),
    token: () => from(flags.tokenFile, "Token of the bot, as @BotFather tells it:", "--token-file FILE"),
    secret: async () => {
      if (flags.secretFile === undefined && !ctx.ask.isPossible) return "";
      return from(flags.secretFile, "Secret that signs the messages (nothing makes one):", "--secret-file FILE");
    },
  };
}

function declareRemove(alerts: CliCommand): void {
  alerts
    .command("remove <channel>")
    .description("a channel less; what waits for it is not told")
    .writes()
    .examples(["mtproxy alerts remove webhook"])
    .runs(
      async (ctx, name: string, flags: DryRun) =>
        (await import("../app/alerts/change-channels.ts")).removeChannel(ctx, name, flags),
      channelsView,
    );
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

async function channelsView(...shown: Parameters<typeof alertsView>): Promise<string> {
  return (await import("../ui/alert-views.ts")).channelsView(...shown);
}

async function alertsView(...shown: Parameters<typeof import("../ui/alert-views.ts").alertsView>): Promise<string> {
  return (await import("../ui/alert-views.ts")).alertsView(...shown);
}
