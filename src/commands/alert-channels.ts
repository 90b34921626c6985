import { Argument } from "commander";
import type { ChannelSecrets, ChannelWishes } from "../app/alerts/new-channel.ts";
import { type ChannelKind, channelKinds, patienceOfCommand } from "../domain/numbers/alerts/choices.ts";
import type { CliCommand, CommandContext } from "./command.ts";
import { collect, parseCount } from "./options.ts";

interface DryRun {
  readonly dryRun?: boolean;
}

interface AddFlags extends Omit<ChannelWishes, "words"> {
  readonly url?: string;
  readonly urlFile?: string;
  readonly tokenFile?: string;
  readonly secretFile?: string;
  readonly dryRun?: boolean;
}

/** Ways to be told, of `alerts`. */
export function declareChannelCommands(alerts: CliCommand): void {
  declareAdd(alerts);
  declareRemove(alerts);
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

async function channelsView(...shown: Parameters<typeof import("../ui/alert-views.ts").channelsView>): Promise<string> {
  return (await import("../ui/alert-views.ts")).channelsView(...shown);
}
