import type { Outcome } from "../app/outcome.ts";
import type { ChangedChannel } from "../app/settings/promoted-channel.ts";
import type { CliCommand, CommandContext } from "./command.ts";

interface SetFlags {
  readonly channel?: string;
  readonly group?: string;
  readonly allowMove?: boolean;
  readonly dryRun?: boolean;
}

interface WizardFlags {
  readonly reveal?: boolean;
  readonly dryRun?: boolean;
}

export function declarePromotedChannelCommands(program: CliCommand): void {
  program
    .command("setup-promoted-channel")
    .description("promote a channel of yours: leads to @MTProxybot's tag and asks for it")
    .option("--reveal", "show the 32 digits that the bot asks for; they are a key")
    .writes()
    .reveals("reveal")
    .examples(["mtproxy setup-promoted-channel", "mtproxy setup-promoted-channel --reveal"])
    .runs(wizard, async (data, style) =>
      (await import("../ui/promoted-channel-views.ts")).changedChannelView(data, style),
    );
  program
    .command("set-promoted-channel <tag>")
    .description("give every proxy the tag of @MTProxybot; restarts each, for under a second")
    .option("--channel <name>", "the channel, for your own memory: which one is shown is chosen in the bot")
    .option("--group <group>", "for the people of a group alone: they get proxies of their own")
    .option("--allow-move", "let the links of people change who share a proxy with others now")
    .writes()
    .examples([
      "mtproxy set-promoted-channel 7f00000000000000000000000000007f",
      "mtproxy set-promoted-channel 7f00000000000000000000000000007f --channel @yourchannel",
      "mtproxy set-promoted-channel 8e00000000000000000000000000008e --group friends --allow-move",
    ])
    .runs(
      async (ctx, tag: string, flags: SetFlags) =>
        (await import("../app/settings/promoted-channel.ts")).setPromotedChannel(ctx, { ...flags, tag }),
      async (data, style) => (await import("../ui/promoted-channel-views.ts")).changedChannelView(data, style),
    );
  program
    .command("show-promoted-channel")
    .description("the tag, the channel, whether the proxies that run carry the tag, and the same of every group")
    .examples(["mtproxy show-promoted-channel", "mtproxy show-promoted-channel --json"])
    .runs(
      async (ctx) => (await import("../app/settings/promoted-channel.ts")).showPromotedChannel(ctx),
      async (data, style) => (await import("../ui/promoted-channel-views.ts")).shownChannelView(data, style),
    );
  program
    .command("remove-promoted-channel")
    .description("promote nothing any more; restarts every proxy, for under a second")
    .option("--group <group>", "only the channel of a group: its people are shown what everybody is")
    .writes()
    .examples(["mtproxy remove-promoted-channel", "mtproxy remove-promoted-channel --group friends"])
    .runs(
      async (ctx, flags: { dryRun?: boolean; group?: string }) =>
        (await import("../app/settings/promoted-channel.ts")).removePromotedChannel(ctx, flags),
      async (data, style) => (await import("../ui/promoted-channel-views.ts")).changedChannelView(data, style),
    );
}

const WITHOUT_TERMINAL = "mtproxy set-promoted-channel TAG --channel @name";

async function wizard(ctx: CommandContext, { reveal, dryRun }: WizardFlags): Promise<Outcome<ChangedChannel>> {
  const { setPromotedChannel } = await import("../app/settings/promoted-channel.ts");
  const { registrationFacts } = await import("../app/settings/registration.ts");
  const { parseChannelName, parseProxyTag } = await import("../domain/promoted-channel.ts");
  const { registrationView } = await import("../ui/promoted-channel-views.ts");
  const facts = await registrationFacts(ctx);
  const tag = await ctx.ask.text("Enter proxy tag (received from @MTProxybot):", {
    flag: WITHOUT_TERMINAL,
    details: registrationView(facts, reveal === true),
    check: parseProxyTag,
  });
  const channel = await ctx.ask.text("Enter promoted channel username (optional, e.g., @yourchannel):", {
    flag: WITHOUT_TERMINAL,
    default: "",
    check: (text) => isNone(text) || parseChannelName(text),
  });
  return setPromotedChannel(ctx, {
    tag,
    channel: isNone(channel) ? undefined : channel,
    registeredSecret: facts.secret,
    dryRun,
  });
}

function isNone(text: string): boolean {
  return text.trim() === "";
}
