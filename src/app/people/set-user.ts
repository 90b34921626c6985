import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { hasPassed, parseExpiry } from "../../domain/expiry.ts";
import { findUser, hasSecret, type User } from "../../domain/user.ts";
import { parseNote, parseTags } from "../../domain/user-labels.ts";
import type { UserFields } from "../../state/users-text.ts";
import type { Outcome } from "../outcome.ts";
import type { LabelOptions } from "./label-options.ts";

interface SetUserOptions extends LabelOptions {
  readonly name: string;
  /** Take all tags away. */
  readonly noTags?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface SetUser {
  readonly username: string;
  readonly note: string | null;
  readonly tags: readonly string[];
  /** ISO 8601; null for a link that does not expire. */
  readonly expiresAt: string | null;
  readonly enabled: boolean;
  /** False when it was so already. */
  readonly changed: boolean;
}

type Labels = Pick<SetUser, "note" | "tags" | "expiresAt">;

/**
 * Changes what is written down about a person, in one write. Nothing that runs changes with it: the timer ends a link, and
 * `enable-user` brings one back.
 * @throws AppError usage when nothing was asked for, not-found, invalid, conflict for an expiry of somebody without a link
 */
export async function setUser(ctx: Context, options: SetUserOptions): Promise<Outcome<SetUser>> {
  refuseNothing(options);
  const now = ctx.clock.now();
  const { user, labels, changed } = await writeLabels(ctx, options, now);
  const { name: username, enabled } = user;
  const data = { username, ...labels, enabled: enabled && hasSecret(user), changed };
  return { data, warnings: stillDisabled(user, labels, now) };
}

function refuseNothing({ note, tag = [], noTags, expires }: SetUserOptions): void {
  if (noTags === true && tag.length > 0) throw new AppError("usage", "--tag and --no-tags exclude each other");
  if (note !== undefined || tag.length > 0 || noTags === true || expires !== undefined) return;
  throw new AppError("usage", "there is nothing to change", { hint: "give --note, --tag, --no-tags or --expires" });
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

function labelsOf({ note, tags, expiresAt }: User): Labels {
  return { note: note ?? null, tags: tags ?? [], expiresAt: expiresAt ?? null };
}

function wanted(user: User, { note, tag = [], noTags, expires }: SetUserOptions, now: Date): Partial<Labels> {
  if (expires !== undefined && !hasSecret(user))
    throw new AppError("conflict", `${user.name} has no link that could expire`, {
      hint: `mtproxy add-user ${user.name} gives one`,
    });
  return {
    ...(note === undefined ? {} : { note: parseNote(note) ?? null }),
    ...(tag.length > 0 ? { tags: parseTags(tag) } : noTags === true ? { tags: [] } : {}),
    ...(expires === undefined ? {} : { expiresAt: parseExpiry(expires, now) }),
  };
}

/** Null takes a field away. */
function fieldsOf({ note, tags, expiresAt }: Labels): UserFields {
  return { mtproxy_note: note, mtproxy_tags: tags.length === 0 ? null : tags, mtproxy_expires_at: expiresAt };
}

/** Who asks for more time for somebody whose time was over expects the link to work again. */
function stillDisabled(user: User, { expiresAt }: Labels, now: Date): string[] {
  if (!hasSecret(user) || user.enabled || !hasPassed(user.expiresAt, now)) return [];
  if (hasPassed(expiresAt ?? undefined, now)) return [];
  return [`${user.name} is still disabled: mtproxy enable-user ${user.name}`];
}
