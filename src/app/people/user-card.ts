import type { Context } from "../../context.ts";
import { tgLink, tmeLink } from "../../domain/link.ts";
import { linkAdvice } from "../../domain/link-advice.ts";
import { domainOf, type Mode, maskSecret } from "../../domain/secret.ts";
import type { ProxyUser } from "../../domain/user.ts";
import { shownNote } from "../../domain/user-labels.ts";
import { type ClientFilePaths, clientFilePaths, type KnownPlaces, linkOf } from "./client-files.ts";
import { type ShownLimits, shownLimits } from "./shown-limits.ts";

/** Everything that the admin hands to a person. The links hold the key; the secret itself stays masked. */
export interface UserCard {
  readonly username: string;
  readonly enabled: boolean;
  readonly mode: Mode;
  readonly domain: string | null;
  /** Masked. */
  readonly secret: string;
  readonly server: string;
  /** Absent while no shard has a place for the user. */
  readonly port: number | null;
  readonly link: string | null;
  readonly tmeLink: string | null;
  readonly files: ClientFilePaths;
  /** Which apps the link suits, and what it cannot do. */
  readonly advice: readonly string[];
  readonly createdAt: string | null;
  readonly note: string | null;
  readonly tags: readonly string[];
  /** Only where there is one. */
  readonly group?: string;
  /** ISO 8601; null for a link that does not expire. */
  readonly expiresAt: string | null;
  /** ISO 8601: until when the link before this one works too; null where it does not. */
  readonly formerLinkUntil: string | null;
  /** Only where there are any. */
  readonly limits?: ShownLimits;
  /** Everything since the person came; only where HAProxy routes. */
  readonly traffic?: Traffic;
  /** Bytes of the quota that are used; only where there is one and HAProxy routes. */
  readonly quotaUsed?: number;
}

export interface Traffic {
  /** From the person's clients: all that they sent, first bytes included. */
  readonly bytesIn: number;
  /** To them. */
  readonly bytesOut: number;
  /** That have ended. */
  readonly connections: number;
}

export function userCard(ctx: Context, planned: KnownPlaces, user: ProxyUser): UserCard {
  const link = linkOf(planned, user);
  const { engineRecord, settings } = planned.state;
  return {
    username: user.name,
    enabled: user.enabled,
    mode: user.secret.mode,
    domain: domainOf(user.secret) ?? null,
    secret: maskSecret(user.secret),
    server: settings.publicHost,
    port: link?.port ?? null,
    link: link === undefined ? null : tgLink(link),
    tmeLink: link === undefined ? null : tmeLink(link),
    files: clientFilePaths(ctx, user.name),
    advice: linkAdvice(user.secret.mode, settings.engine === "docker" ? engineRecord.image : undefined),
    createdAt: user.createdAt ?? null,
    note: user.note === undefined ? null : shownNote(user.note),
    tags: user.tags ?? [],
    ...(user.group === undefined ? {} : { group: user.group }),
    expiresAt: user.expiresAt ?? null,
    formerLinkUntil: user.former?.until ?? null,
    ...(user.limits === undefined ? {} : { limits: shownLimits(user.limits) }),
  };
}
