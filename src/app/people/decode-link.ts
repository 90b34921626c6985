import type { Context } from "../../context.ts";
import { formatInstant } from "../../domain/expiry.ts";
import { type Link, tgLink, tmeLink } from "../../domain/link.ts";
import { linkAdvice } from "../../domain/link-advice.ts";
import { readPasted } from "../../domain/pasted-text.ts";
import { domainOf, type Mode, revealSecret, type Secret } from "../../domain/secret.ts";
import { numbered } from "../../domain/shared-secret.ts";
import { secretsOf } from "../../domain/user.ts";
import { planState } from "../live/plan-state.ts";
import { loadState, type PlannedState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf } from "./client-files.ts";

/** Whose key it is here, and whether what was pasted is what that person has. */
export interface KnownHolder {
  /** Null for a shared secret. */
  readonly username: string | null;
  /** Id of the shared secret whose key it is; null for a person's. */
  readonly sharedSecret: string | null;
  readonly enabled: boolean;
  /** The same mode, cover domain, server and port as here. */
  readonly current: boolean;
  /** ISO 8601: it was replaced and works until then; null for what was not. */
  readonly until: string | null;
}

/** A link or secret taken apart; whoever pasted it has the key already, so it is shown whole. */
export interface DecodedLink {
  readonly kind: "link" | "secret";
  readonly mode: Mode;
  readonly domain: string | null;
  /** The secret in its one spelling, hex. */
  readonly secret: string;
  readonly server: string | null;
  readonly port: number | null;
  readonly link: string | null;
  readonly tmeLink: string | null;
  readonly repairs: readonly string[];
  readonly holders: readonly KnownHolder[];
  readonly advice: readonly string[];
}

/** Explains and repairs what somebody pasted, and says whose it is where a proxy is set up. */
export async function decodeLink(ctx: Context, text: string): Promise<Outcome<DecodedLink>> {
  const { secret, link, repairs } = readPasted(text);
  const holders = (await ctx.stores.settings.read()) === undefined ? [] : await holdersOf(ctx, secret, link);
  const data = {
    kind: link === undefined ? ("secret" as const) : ("link" as const),
    mode: secret.mode,
    domain: domainOf(secret) ?? null,
    secret: revealSecret(secret),
    server: link?.server ?? null,
    port: link?.port ?? null,
    link: link === undefined ? null : tgLink(link),
    tmeLink: link === undefined ? null : tmeLink(link),
    repairs,
    holders,
    advice: linkAdvice(secret.mode),
  };
  return { data, warnings: holders.flatMap((holder) => outdated(holder, link)) };
}

async function holdersOf(ctx: Context, secret: Secret, link: Link | undefined): Promise<KnownHolder[]> {
  const { users, sharedSecrets } = await loadState(ctx);
  const people = users.flatMap((user) =>
    secretsOf(user)
      .filter(({ key }) => key.equals(secret.key))
      .map((own) => ({ ...user, own, until: own === user.secret ? null : (user.former?.until ?? null) })),
  );
  const shared = numbered(sharedSecrets).filter((entry) => entry.secret.key.equals(secret.key));
  if (people.length + shared.length === 0) return [];
  const planned = await planState(ctx);
  return [
    ...people.map(({ name, enabled, own, until }) => ({
      username: name,
      sharedSecret: null,
      enabled,
      until,
      current: isCurrent(planned, own, secret, link),
    })),
    ...shared.map(({ id, secret: own, active }) => ({
      username: null,
      sharedSecret: id,
      enabled: active,
      until: null,
      current: isCurrent(planned, own, secret, link),
    })),
  ];
}

function isCurrent(planned: PlannedState, own: Secret, secret: Secret, link: Link | undefined): boolean {
  if (revealSecret(own) !== revealSecret(secret)) return false;
  const now = linkOf(planned, { secret: own });
  return link === undefined || (now !== undefined && tgLink(now) === tgLink(link));
}

function outdated({ username, sharedSecret, current, until }: KnownHolder, link: Link | undefined): string[] {
  if (username !== null && until !== null)
    return [`${username} has a newer link; this one works until ${formatInstant(until)}`];
  if (current) return [];
  const what = link === undefined ? "another mode or cover domain" : "another server, port, mode or cover domain";
  return username === null
    ? [
        `shared secret ${sharedSecret} has this key with ${what} now: mtproxy show-config ${sharedSecret} prints the link`,
      ]
    : [`${username} has this key with ${what} now: mtproxy show-user-config ${username} prints the link`];
}
