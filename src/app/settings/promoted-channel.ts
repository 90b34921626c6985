import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { parseGroup } from "../../domain/group.ts";
import {
  type GroupChannel,
  type PromotedChannel,
  parseChannelName,
  parseProxyTag,
  statisticsUrl,
} from "../../domain/promoted-channel.ts";
import type { Settings } from "../../domain/settings.ts";
import { hasSecret } from "../../domain/user.ts";
import { bringLive } from "../live/bring-live.ts";
import { loadState, type State } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { type ChangedLink, foreseenLinks, proveChanged, refuseMoves } from "../people/changed-links.ts";
import {
  carriesTag,
  channelOf,
  type GroupsChannel,
  groupsChannel,
  peopleOf,
  type ShownChannel,
  shownChannel,
} from "./shown-channel.ts";

export interface ShownChannels extends ShownChannel {
  /** Groups that have, or had, a channel of their own. */
  readonly groups: readonly GroupsChannel[];
}

export interface ChangedChannel extends ShownChannel {
  /** The group whose channel it is; absent for everybody's. */
  readonly group?: string;
  /** False when it was so already. */
  readonly changed: boolean;
  /** People whose link changes with it. */
  readonly links: readonly ChangedLink[];
}

interface ChangeOptions {
  /** Whose channel it is; everybody's when absent. */
  readonly group?: string | undefined;
  /** The group's people may get another port. */
  readonly allowMove?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

interface SetChannelOptions extends ChangeOptions {
  /** As it was typed. */
  readonly tag: string;
  readonly channel?: string | undefined;
  /** What the bot was told to know this proxy by, client form. */
  readonly registeredSecret?: string | undefined;
}

/** Tags and channels that are remembered, and whether the proxies that run carry them. Works without an engine. */
export async function showPromotedChannel(ctx: Context): Promise<Outcome<ShownChannels>> {
  const state = await loadState(ctx);
  const groups = await Promise.all(state.groupChannels.map(({ group }) => groupsChannel(ctx, state, group)));
  return { data: { ...(await shownChannel(ctx, state)), groups } };
}

/**
 * Gives every proxy the tag, or those of a group: each restarts, and is asked afterwards whether it has it. A group that shares
 * proxies with others gets proxies of its own: a process carries one tag.
 * @returns failure when it is saved but a proxy does not carry it
 * @throws AppError invalid for what is no tag, conflict on the trial engine and where links change without leave
 */
export async function setPromotedChannel(ctx: Context, options: SetChannelOptions): Promise<Outcome<ChangedChannel>> {
  const proxyTag = parseProxyTag(options.tag);
  const channelUsername = options.channel === undefined ? undefined : parseChannelName(options.channel);
  const state = await loadState(ctx);
  refuseWithoutTags(state.settings);
  refuseOwnKey(state, proxyTag);
  return changeChannel(ctx, state, options, (before) => {
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
 * The proxies run without the tag again; it stays remembered for `set`. A group is shown what everybody is then, and its people stay
 * where they are.
 * @throws AppError not-found when there is none
 */
export async function removePromotedChannel(ctx: Context, options: ChangeOptions): Promise<Outcome<ChangedChannel>> {
  return changeChannel(ctx, await loadState(ctx), options, (before) => {
    if (before === undefined)
      throw new AppError(
        "not-found",
        `there is no promoted channel${options.group === undefined ? "" : " of that group"}`,
        {
          hint: "mtproxy show-promoted-channel shows what there is, mtproxy setup-promoted-channel sets one",
        },
      );
    return { ...before, enabled: false };
  });
}

/** @throws AppError conflict on the trial engine */
export function refuseWithoutTags({ engine }: Settings): void {
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

type Decide = (before: PromotedChannel | undefined) => PromotedChannel;

async function changeChannel(
  ctx: Context,
  state: State,
  { group: typed, allowMove, dryRun }: ChangeOptions,
  decide: Decide,
): Promise<Outcome<ChangedChannel>> {
  const group = typed === undefined ? undefined : parseGroup(typed);
  const before = channelOf(state, group);
  const channel = decide(before);
  const changed = !isDeepStrictEqual(before, channel);
  const links = changed ? await linksChangedBy(ctx, state, channel, group) : [];
  if (allowMove !== true && group !== undefined)
    refuseMoves(
      links,
      `group ${group} shares proxies with others, and a proxy carries one tag`,
      `mtproxy set-promoted-channel TAG --group ${group}`,
    );
  const told = (now: State) => changedChannel(ctx, now, { group, changed, links });
  const warnings = channel.enabled && group !== undefined && peopleOf(state, group) === 0 ? [nobodyIn(group)] : [];
  if (dryRun === true) return { data: { ...(await told(withChannel(state, channel, group))), live: null }, warnings };
  await save(ctx, group, decide);
  const { failure } = await bringLive(ctx, otherwise(channel), { changedUsers: [] });
  const now = await loadState(ctx);
  const data = await told(now);
  const fault = failure ?? notCarried(data, carriesTag(now, group)) ?? (await proveChanged(ctx, links));
  return fault === undefined ? { data, warnings } : { data, warnings, failure: fault };
}

function nobodyIn(group: string): string {
  return `nobody is in group ${group} yet: mtproxy set-user NAME --group ${group}`;
}

/** Nobody moves for everybody's channel: only groups are kept apart. */
async function linksChangedBy(
  ctx: Context,
  state: State,
  channel: PromotedChannel,
  group: string | undefined,
): Promise<ChangedLink[]> {
  if (group === undefined) return [];
  return foreseenLinks(ctx, { groupChannels: withGroup(state.groupChannels, { group, ...channel }) });
}

function withChannel(state: State, channel: PromotedChannel, group: string | undefined): State {
  if (group === undefined) return { ...state, promotedChannel: channel };
  return { ...state, groupChannels: withGroup(state.groupChannels, { group, ...channel }) };
}

function withGroup(channels: readonly GroupChannel[], channel: GroupChannel): readonly GroupChannel[] {
  const isThere = channels.some(({ group }) => group === channel.group);
  if (!isThere) return [...channels, channel];
  return channels.map((other) => (other.group === channel.group ? channel : other));
}

async function save(ctx: Context, group: string | undefined, decide: Decide): Promise<void> {
  if (group === undefined) await ctx.stores.promotedChannel.update(decide);
  else
    await ctx.stores.groupChannels.update((channels) =>
      withGroup(channels, { ...decide(channels.find((channel) => channel.group === group)), group }),
    );
}

async function changedChannel(
  ctx: Context,
  state: State,
  { group, changed, links }: Pick<ChangedChannel, "changed" | "links"> & { readonly group: string | undefined },
): Promise<ChangedChannel> {
  const shown = await shownChannel(ctx, state);
  if (group === undefined) return { ...shown, changed, links };
  const { people: _, ...own } = await groupsChannel(ctx, state, group);
  return { ...shown, ...own, changed, links };
}

function otherwise({ enabled }: PromotedChannel): string {
  return enabled
    ? "the promoted channel is saved, but the proxy does not carry it yet"
    : "the promoted channel is removed, but the proxy still carries it";
}

/** `-P` went into the rendered files; only the process itself says that it took it. */
function notCarried({ live, shards }: ShownChannel, shall: boolean): AppError | undefined {
  if (live === true || shards.length === 0) return undefined;
  const names = shards.filter(({ tagSet }) => tagSet !== shall).map(({ name }) => name);
  const message = `${names.join(", ")} ${shall ? "runs without the tag" : "still runs with the tag"}, or does not answer`;
  return new AppError("unhealthy", message, {
    hint: "mtproxy show-promoted-channel asks again, mtproxy restart helps",
  });
}
