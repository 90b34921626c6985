import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import {
  type PromotedChannel,
  parseChannelName,
  parseProxyTag,
  promotionAdvice,
  statisticsUrl,
} from "../../domain/promoted-channel.ts";
import { revealSecret } from "../../domain/secret.ts";
import type { Settings } from "../../domain/settings.ts";
import { shardName } from "../../domain/shard.ts";
import { hasSecret } from "../../domain/user.ts";
import { bringLive } from "../live/bring-live.ts";
import { loadSettings, loadState, type State } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";

/** A running proxy, and whether it tells Telegram the tag. */
interface TaggedShard {
  readonly name: string;
  /** `proxy_tag_set` of its /stats; null when it does not answer. */
  readonly tagSet: boolean | null;
}

export interface ShownChannel {
  /** Null where none was ever set. */
  readonly proxyTag: string | null;
  readonly channelUsername: string | null;
  readonly enabled: boolean;
  readonly registeredAt: string | null;
  readonly statisticsUrl: string;
  readonly shards: readonly TaggedShard[];
  /** Every proxy that runs carries the tag, or after it was removed none does; null when nobody could tell. */
  readonly live: boolean | null;
  readonly advice: readonly string[];
}

export interface ChangedChannel extends ShownChannel {
  /** False when it was so already. */
  readonly changed: boolean;
}

interface SetChannelOptions {
  /** As it was typed. */
  readonly tag: string;
  readonly channel?: string | undefined;
  /** What the bot was told to know this proxy by, client form. */
  readonly registeredSecret?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** The tag and channel that are remembered, and whether the proxies that run carry the tag. Works without an engine. */
export async function showPromotedChannel(ctx: Context): Promise<Outcome<ShownChannel>> {
  const { settings, promotedChannel } = await loadState(ctx);
  return { data: await shownChannel(ctx, settings, promotedChannel) };
}

/**
 * Gives every proxy the tag: each restarts, and is asked afterwards whether it has it.
 * @returns failure when it is saved but a proxy does not carry it
 * @throws AppError invalid for what is no tag, conflict on the trial engine
 */
export async function setPromotedChannel(ctx: Context, options: SetChannelOptions): Promise<Outcome<ChangedChannel>> {
  const proxyTag = parseProxyTag(options.tag);
  const channelUsername = options.channel === undefined ? undefined : parseChannelName(options.channel);
  const state = await loadState(ctx);
  refuseWithoutTags(state.settings);
  refuseOwnKey(state, proxyTag);
  return changeChannel(ctx, state.settings, options.dryRun === true, (before) => {
    const same = before?.proxyTag === proxyTag ? before : undefined;
    return {
      statisticsUrl,
      registeredAt: ctx.clock.now().toISOString(),
      ...same,
      proxyTag,
      enabled: true,
      ...(channelUsername === undefined ? {} : { channelUsername }),
      ...(options.registeredSecret === undefined ? {} : { registeredSecret: options.registeredSecret }),
    };
  });
}

/**
 * The proxies run without a tag again; it stays remembered for `set`.
 * @throws AppError not-found when there is none
 */
export async function removePromotedChannel(
  ctx: Context,
  { dryRun }: { readonly dryRun?: boolean | undefined },
): Promise<Outcome<ChangedChannel>> {
  const settings = await loadSettings(ctx);
  return changeChannel(ctx, settings, dryRun === true, (before) => {
    if (before === undefined)
      throw new AppError("not-found", "there is no promoted channel", {
        hint: "mtproxy setup-promoted-channel sets one",
      });
    return { ...before, enabled: false };
  });
}

/** What the wizard tells a person to give to @MTProxybot. */
export interface Registration {
  readonly host: string;
  /** The first shard's: the bot wants one proxy, and all of them carry the tag. */
  readonly port: number;
  /** Whose key is told to the bot. */
  readonly username: string;
  /** Client form; the bot wants its 32 digits alone. */
  readonly secret: string;
  readonly digits: string;
}

/**
 * @throws AppError conflict on the trial engine, and where there is no link that the bot could be told
 */
export async function registrationFacts(ctx: Context): Promise<Registration> {
  const { settings, users, book } = await loadState(ctx);
  refuseWithoutTags(settings);
  const user = users.filter(hasSecret).find(({ enabled }) => enabled);
  if (user === undefined)
    throw new AppError("conflict", "nobody has a link yet, and @MTProxybot asks for one of this proxy", {
      hint: "mtproxy add-user NAME gives the first; mtproxy set-promoted-channel TAG takes a tag that you have already",
    });
  const { secret, name: username } = user;
  const shard = book.shards.find(({ slots }) => slots.some(({ key }) => key.equals(secret.key)));
  return {
    host: settings.publicHost,
    port: shard?.port ?? settings.port,
    username,
    secret: revealSecret(secret),
    digits: secret.key.reveal(),
  };
}

function refuseWithoutTags({ engine }: Settings): void {
  if (engine === "docker") return;
  throw new AppError(
    "conflict",
    "the trial engine has no promoted channels: it takes people straight to Telegram's datacenters, and a tag only travels through Telegram's own middle proxies",
    { hint: "mtproxy setup --engine docker runs the proxy that carries it" },
  );
}

/** The digits of a link, which the bot was told, are easily taken for what it answers. */
function refuseOwnKey({ users, sharedSecrets, book }: State, tag: string): void {
  const keys = [
    ...users.filter(hasSecret).map(({ secret }) => secret.key),
    ...sharedSecrets.map(({ secret }) => secret.key),
    ...book.shards.flatMap(({ slots }) => slots.map(({ key }) => key)),
  ];
  if (!keys.some((key) => key.reveal() === tag)) return;
  throw new AppError("invalid", "this is a key of this proxy, which the bot is told; the tag is what it answers", {
    hint: "look for the 32 digits in the last message of @MTProxybot",
  });
}

async function changeChannel(
  ctx: Context,
  settings: Settings,
  dryRun: boolean,
  decide: (before: PromotedChannel | undefined) => PromotedChannel,
): Promise<Outcome<ChangedChannel>> {
  const before = await ctx.stores.promotedChannel.read();
  const channel = dryRun ? decide(before) : await ctx.stores.promotedChannel.update(decide);
  const changed = !isDeepStrictEqual(before, channel);
  if (dryRun) return { data: { ...(await shownChannel(ctx, settings, channel)), live: null, changed } };
  const { failure } = await bringLive(ctx, otherwise(channel), { changedUsers: [] });
  const data = { ...(await shownChannel(ctx, settings, channel)), changed };
  const fault = failure ?? notCarried(data);
  return fault === undefined ? { data } : { data, failure: fault };
}

function otherwise({ enabled }: PromotedChannel): string {
  return enabled
    ? "the promoted channel is saved, but the proxy does not carry it yet"
    : "the promoted channel is removed, but the proxy still carries it";
}

/** `-P` went into the rendered files; only the process itself says that it took it. */
function notCarried({ enabled, live, shards }: ShownChannel): AppError | undefined {
  if (live === true || shards.length === 0) return undefined;
  const names = shards.filter(({ tagSet }) => tagSet !== enabled).map(({ name }) => name);
  const message = `${names.join(", ")} ${enabled ? "runs without the tag" : "still runs with the tag"}, or does not answer`;
  return new AppError("unhealthy", message, {
    hint: "mtproxy show-promoted-channel asks again, mtproxy restart helps",
  });
}

async function shownChannel(
  ctx: Context,
  settings: Settings,
  channel: PromotedChannel | undefined,
): Promise<ShownChannel> {
  const enabled = channel?.enabled === true;
  const shards = await taggedShards(ctx, settings);
  const told = shards.length > 0 && shards.every(({ tagSet }) => tagSet !== null);
  return {
    proxyTag: channel?.proxyTag ?? null,
    channelUsername: channel?.channelUsername ?? null,
    enabled,
    registeredAt: channel?.registeredAt ?? null,
    statisticsUrl: channel?.statisticsUrl ?? statisticsUrl,
    shards,
    live: told ? shards.every(({ tagSet }) => tagSet === enabled) : null,
    advice: promotionAdvice(settings.routing === "edge"),
  };
}

async function taggedShards(ctx: Context, settings: Settings): Promise<TaggedShard[]> {
  const engine = await ctx.engine(settings);
  try {
    const running = (await engine.instances()).filter((instance) => instance.running);
    return await Promise.all(
      running.map(async ({ shardId }) => ({
        name: shardName(shardId),
        tagSet: await engine.stats(shardId).then(
          (stats) => stats.tagSet,
          () => null,
        ),
      })),
    );
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}
