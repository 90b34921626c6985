import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { groupApart } from "../../domain/plan/groups.ts";
import { groupTagsOf, type PromotedChannel, promotionAdvice, statisticsUrl } from "../../domain/promoted-channel.ts";
import { shardName } from "../../domain/shard.ts";
import { hasSecret } from "../../domain/user.ts";
import type { State } from "../load-state.ts";

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
  /** Those that serve the people to whom the channel is shown. */
  readonly shards: readonly TaggedShard[];
  /** Every proxy that runs carries the tag, or after it was removed none does; null when nobody could tell. */
  readonly live: boolean | null;
  readonly advice: readonly string[];
}

/** A group's own channel. */
export interface GroupsChannel extends Omit<ShownChannel, "advice"> {
  readonly group: string;
  /** How many of the group have a link. */
  readonly people: number;
}

/** Everybody's channel, or a group's own; undefined where none was ever set. */
export function channelOf({ promotedChannel, groupChannels }: State, group?: string): PromotedChannel | undefined {
  return group === undefined ? promotedChannel : groupChannels.find((channel) => channel.group === group);
}

/** Everybody's channel. */
export async function shownChannel(ctx: Context, state: State): Promise<ShownChannel> {
  return { ...(await carriedChannel(ctx, state)), advice: promotionAdvice(state.settings.routing === "edge") };
}

export async function groupsChannel(ctx: Context, state: State, group: string): Promise<GroupsChannel> {
  return { group, people: peopleOf(state, group), ...(await carriedChannel(ctx, state, group)) };
}

/** How many of a group have a link. */
export function peopleOf({ users }: State, group: string): number {
  return users.filter((user) => hasSecret(user) && user.group === group).length;
}

/** Whether the proxies that serve these people shall carry a tag: a group whose channel is off is shown everybody's. */
export function carriesTag(state: State, group?: string): boolean {
  return state.promotedChannel?.enabled === true || channelOf(state, group)?.enabled === true;
}

async function carriedChannel(ctx: Context, state: State, group?: string): Promise<Omit<ShownChannel, "advice">> {
  const channel = channelOf(state, group);
  const shards = await taggedShards(ctx, state, group);
  const told = shards.length > 0 && shards.every(({ tagSet }) => tagSet !== null);
  const shall = carriesTag(state, group);
  return {
    proxyTag: channel?.proxyTag ?? null,
    channelUsername: channel?.channelUsername ?? null,
    enabled: channel?.enabled === true,
    registeredAt: channel?.registeredAt ?? null,
    statisticsUrl: channel?.statisticsUrl ?? statisticsUrl,
    shards,
    live: told ? shards.every(({ tagSet }) => tagSet === shall) : null,
  };
}

async function taggedShards(ctx: Context, state: State, group: string | undefined): Promise<TaggedShard[]> {
  const engine = await ctx.engine(state.settings);
  try {
    const running = (await engine.instances()).filter(
      ({ running, shardId }) => running && serves(state, shardId, group),
    );
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

/** Whether a shard is that of the group, or of everybody where the group has none of its own. One that is gone only drains. */
function serves({ book, groupChannels }: State, shardId: number, group: string | undefined): boolean {
  const apart = groupTagsOf(groupChannels);
  const shard = book.shards.find(({ id }) => id === shardId);
  return shard !== undefined && groupApart(shard.group, apart) === groupApart(group, apart);
}
