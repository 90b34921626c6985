import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { hasPassed, parseExpiry } from "../../domain/expiry.ts";
import { parseGroup } from "../../domain/group.ts";
import { findUser, hasSecret, type User } from "../../domain/user.ts";
import { parseNote, parseTags } from "../../domain/user-labels.ts";
import type { UserFields } from "../../state/users-text.ts";
import { bringLive } from "../live/bring-live.ts";
import type { Outcome } from "../outcome.ts";
import { type ChangedLink, foreseenLinks, proveChanged, refuseMoves } from "./changed-links.ts";
import type { LabelOptions } from "./label-options.ts";

interface SetUserOptions extends LabelOptions {
  readonly name: string;
  /** Take all tags away. */
  readonly noTags?: boolean | undefined;
  /** Take the person out of the group. */
  readonly noGroup?: boolean | undefined;
  /** The link may get another port, which another group may take. */
  readonly allowMove?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface SetUser {
  readonly username: string;
  readonly note: string | null;
  readonly tags: readonly string[];
  /** Only where there is one. */
  readonly group?: string;
  /** ISO 8601; null for a link that does not expire. */
  readonly expiresAt: string | null;
  readonly enabled: boolean;
  /** False when it was so already. */
  readonly changed: boolean;
  /** The person's link, where it changes with the group. */
  readonly links: readonly ChangedLink[];
}

type Labels = Pick<SetUser, "note" | "tags" | "expiresAt"> & { readonly group: string | undefined };

/**
 * Changes what is written down about a person, in one write. Nothing that runs changes with it (the timer ends a link, and
 * `enable-user` brings one back), but for another group, where one of the two has a promoted channel of its own.
 * @returns failure when that is saved, but not live
 * @throws AppError usage when nothing was asked for, not-found, invalid, conflict for an expiry of somebody without a link and for a
 *   link that changes without leave
 */
export async function setUser(ctx: Context, options: SetUserOptions): Promise<Outcome<SetUser>> {
  refuseNothing(options);
  const now = ctx.clock.now();
  const regrouping = await foresee(ctx, options);
  const { user, labels, changed } = await writeLabels(ctx, options, now);
  const { name: username, enabled } = user;
  const { group, ...others } = labels;
  const shown = { username, ...others, ...(group === undefined ? {} : { group }) };
  const data = { ...shown, enabled: enabled && hasSecret(user), changed, links: regrouping?.links ?? [] };
  const warnings = stillDisabled(user, labels, now);
  const failure = regrouping === undefined || options.dryRun === true ? undefined : await makeLive(ctx, data);
  return { data, warnings, ...(failure === undefined ? {} : { failure }) };
}

function refuseNothing({ note, tag = [], noTags, group, noGroup, expires }: SetUserOptions): void {
  if (noTags === true && tag.length > 0) throw new AppError("usage", "--tag and --no-tags exclude each other");
  const isLabel = note !== undefined || tag.length > 0 || noTags === true || expires !== undefined;
  if (isLabel || group !== undefined || noGroup === true) return;
  throw new AppError("usage", "there is nothing to change", {
    hint: "give --note, --tag, --no-tags, --group, --no-group or --expires",
  });
}

/**
 * What another group means for the person's link; undefined where no proxy can notice, because no group has a channel of its own.
 * @throws AppError conflict for a link that changes without leave
 */
async function foresee(ctx: Context, options: SetUserOptions): Promise<{ links: ChangedLink[] } | undefined> {
  const { name, group, noGroup, allowMove } = options;
  if (group === undefined && noGroup !== true) return undefined;
  if ((await ctx.stores.groupChannels.read()).every(({ enabled }) => !enabled)) return undefined;
  const { users } = await ctx.stores.users.read();
  const user = findUser(users, name);
  if (!hasSecret(user)) return undefined;
  const { group: _, ...others } = user;
  const regrouped: User = group === undefined ? others : { ...others, group: parseGroup(group) };
  const links = await foreseenLinks(ctx, { users: users.map((one) => (one === user ? regrouped : one)) });
  const command = `mtproxy set-user ${user.name} ${group === undefined ? "--no-group" : `--group ${parseGroup(group)}`}`;
  if (allowMove !== true) refuseMoves(links, "another group means another proxy here", command);
  return { links };
}

async function makeLive(ctx: Context, { username, links }: SetUser): Promise<AppError | undefined> {
  const otherwise = `${username}'s group is saved, but the proxies do not know it yet`;
  const { failure } = await bringLive(ctx, otherwise, { changedUsers: [username] });
  return failure ?? (await proveChanged(ctx, links));
}

interface Written {
  readonly user: User;
  readonly labels: Labels;
  readonly changed: boolean;
}

function writeLabels(ctx: Context, options: SetUserOptions, now: Date): Promise<Written> {
  return ctx.stores.users.update(`changing ${options.name}`, ({ users }) => {
    const user = findUser(users, options.name);
    const before = labelsOf(user);
    const labels = { ...before, ...wanted(user, options, now) };
    const changed = !isDeepStrictEqual(before, labels);
    const edit = { kind: "set" as const, name: user.name, fields: fieldsOf(labels) };
    return { edits: changed && options.dryRun !== true ? [edit] : [], result: { user, labels, changed } };
  });
}

function labelsOf({ note, tags, group, expiresAt }: User): Labels {
  return { note: note ?? null, tags: tags ?? [], group, expiresAt: expiresAt ?? null };
}

function wanted(user: User, options: SetUserOptions, now: Date): Partial<Labels> {
  const { note, tag = [], noTags, group, noGroup, expires } = options;
  if (expires !== undefined && !hasSecret(user))
    throw new AppError("conflict", `${user.name} has no link that could expire`, {
      hint: `mtproxy add-user ${user.name} gives one`,
    });
  return {
    ...(note === undefined ? {} : { note: parseNote(note) ?? null }),
    ...(tag.length > 0 ? { tags: parseTags(tag) } : noTags === true ? { tags: [] } : {}),
    ...(group !== undefined ? { group: parseGroup(group) } : noGroup === true ? { group: undefined } : {}),
    ...(expires === undefined ? {} : { expiresAt: parseExpiry(expires, now) }),
  };
}

/** Null takes a field away. */
function fieldsOf({ note, tags, group, expiresAt }: Labels): UserFields {
  return {
    mtproxy_note: note,
    mtproxy_tags: tags.length === 0 ? null : tags,
    mtproxy_group: group,
    mtproxy_expires_at: expiresAt,
  };
}

/** Who asks for more time for somebody whose time was over expects the link to work again. */
function stillDisabled(user: User, { expiresAt }: Labels, now: Date): string[] {
  if (!hasSecret(user) || user.enabled || !hasPassed(user.expiresAt, now)) return [];
  if (hasPassed(expiresAt ?? undefined, now)) return [];
  return [`${user.name} is still disabled: mtproxy enable-user ${user.name}`];
}
