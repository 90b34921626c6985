import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { hasPassed } from "../../domain/expiry.ts";
import { isMeantAsLink, type Link, parseLink } from "../../domain/link.ts";
import { parsePort } from "../../domain/port.ts";
import { shown } from "../../domain/printable.ts";
import { domainOf, type Mode, type Secret } from "../../domain/secret.ts";
import { type NumberedSecret, numbered } from "../../domain/shared-secret.ts";
import { findUser, hasSecret, type ProxyUser } from "../../domain/user.ts";
import type { LinkAttempt } from "../../ports.ts";
import { planState } from "../live/plan-state.ts";
import type { PlannedState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { noPlace } from "../shared-secrets/prove-secret.ts";
import { linkOf, linkTo } from "./client-files.ts";

interface VerifyOptions {
  /** User names, ids of shared secrets, or links as they were handed out; every enabled user and shared secret when empty. */
  readonly names: readonly string[];
  /** `HOST:PORT` to connect to instead of the link's own, or just `HOST` to keep each link's port. */
  readonly via?: string | undefined;
  /** Seconds an attempt may take. */
  readonly timeout?: number | undefined;
}

/** Result for one link; says nothing of its key. */
export interface VerifiedLink {
  /** User name, id of a shared secret, or `link 1` … for links that were given. */
  readonly name: string;
  /** ISO 8601: the link was replaced and works beside the new one until then; null for what was not. */
  readonly until: string | null;
  readonly mode: Mode;
  readonly domain: string | null;
  readonly server: string;
  readonly port: number;
  /** Every attempt worked: all client generations get in. */
  readonly ok: boolean;
  readonly attempts: readonly LinkAttempt[];
}

export interface Verified {
  readonly links: readonly VerifiedLink[];
  readonly working: number;
  readonly failing: number;
  /** Users whose links are meant to be dead, and were not tried. */
  readonly disabled: readonly string[];
}

interface Candidate {
  readonly name: string;
  readonly link: Link;
  /** Of a link that was replaced: when it ends. */
  readonly until?: string;
  /** Why the link is meant to be dead, and what to do about it. */
  readonly dead?: Dead;
}

interface Dead {
  /** For instance "dora is disabled". */
  readonly what: string;
  readonly hint: string;
}

/** Handshakes under way at once: enough to be quick with hundreds of links, few enough not to look like an attack. */
const PARALLEL = 8;

/**
 * Proves links with a real handshake each, as a client would make it.
 * @returns failure `unhealthy` when any link does not work
 * @throws AppError not-found for an unknown user, conflict for one who has no link
 */
export async function verifyLinks(ctx: Context, options: VerifyOptions): Promise<Outcome<Verified>> {
  const via = options.via === undefined ? undefined : parseVia(options.via);
  const planned = await planState(ctx);
  const candidates = candidatesFor(planned, options.names, ctx.clock.now());
  const links = await inParallel(candidates, (candidate) => verifyLink(ctx, candidate, { ...options, via }));
  const failing = links.filter(({ ok }) => !ok);
  const disabled =
    options.names.length > 0
      ? []
      : planned.state.users.filter((user) => hasSecret(user) && !user.enabled).map(({ name }) => name);
  const data = { links, working: links.length - failing.length, failing: failing.length, disabled };
  if (failing.length === 0) return { data };
  return {
    data,
    failure: new AppError("unhealthy", summary(failing, links.length), {
      hint: "mtproxy status shows the proxy, mtproxy plan what is not live yet",
    }),
  };
}

function candidatesFor(planned: PlannedState, names: readonly string[], now: Date): Candidate[] {
  const { users, sharedSecrets } = planned.state;
  const shared = numbered(sharedSecrets);
  if (names.length === 0) {
    const people = users.filter(hasSecret).filter(({ enabled }) => enabled);
    const active = shared.filter((entry) => entry.active);
    return [
      ...people.flatMap((user) => candidatesOf(planned, user, now)),
      ...active.flatMap((entry) => sharedCandidate(planned, entry) ?? []),
    ];
  }
  const people = new Map(users.map((user) => [user.name.toLowerCase(), user]));
  const ids = new Map(shared.map((entry) => [entry.id, entry]));
  let given = 0;
  return names.flatMap((name) => {
    if (isMeantAsLink(name)) return [{ name: `link ${++given}`, link: parseLink(name) }];
    const known = people.get(name.toLowerCase());
    const entry = ids.get(name);
    if (known === undefined && entry !== undefined) return sharedCandidate(planned, entry) ?? refuse(noPlace(entry));
    const user = known ?? findUser(users, name);
    if (hasSecret(user)) return candidatesOf(planned, user, now);
    throw new AppError("conflict", `${user.name} has no link to verify`, { hint: `mtproxy add-user ${user.name}` });
  });
}

function refuse(error: AppError): never {
  throw error;
}

/** Undefined while somebody else has the key in another mode: there is no link then. */
function sharedCandidate(planned: PlannedState, { id, secret, active }: NumberedSecret): Candidate | undefined {
  const link = linkOf(planned, { secret });
  if (link === undefined) return undefined;
  const dead = { what: `shared secret ${id} is not active`, hint: "mtproxy add-secret makes one that works" };
  return { name: id, link, ...(active ? {} : { dead }) };
}

/** A user's link, and beside it the one that it replaced, as long as that works too. */
function candidatesOf(planned: PlannedState, { name, enabled, secret, former }: ProxyUser, now: Date): Candidate[] {
  const hint = `mtproxy enable-user ${name} brings the link back`;
  const dead = enabled ? {} : { dead: { what: `${name} is disabled`, hint } };
  const candidate = (one: Secret): Candidate => {
    const place = planned.plan.placements.get(one.key.reveal());
    if (place === undefined) throw new AppError("bug", `${name} has no place in the plan`);
    return { name, link: linkTo(planned, one, place.port), ...dead };
  };
  const isOver = former === undefined || hasPassed(former.until, now);
  return [candidate(secret), ...(isOver ? [] : [{ ...candidate(former.secret), until: former.until }])];
}

async function verifyLink(
  ctx: Context,
  { name, link, until, dead }: Candidate,
  options: { readonly via?: Via | undefined; readonly timeout?: number | undefined },
): Promise<VerifiedLink> {
  ctx.progress.step(`verifying ${name} …`);
  const probed = await ctx.host.probeLink(link, {
    ...(options.via === undefined ? {} : { via: { port: link.port, ...options.via } }),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout * 1000 }),
  });
  const attempts = probed.attempts.map((attempt) => (dead === undefined ? attempt : attemptOfDead(dead, attempt)));
  const ok = attempts.every((attempt) => attempt.ok);
  return {
    name,
    until: until ?? null,
    mode: link.secret.mode,
    domain: domainOf(link.secret) ?? null,
    server: link.server,
    port: link.port,
    ok,
    attempts,
  };
}

/** Such a link is dead on purpose; one that works all the same is the worse fault. */
function attemptOfDead({ what, hint }: Dead, attempt: LinkAttempt): LinkAttempt {
  if (!attempt.ok) return { ...attempt, reason: `${what}: ${hint}` };
  const reason = `${what}, BUT THE LINK STILL WORKS: mtproxy apply makes that live`;
  return { ...attempt, ok: false, fault: "still-live", reason };
}

/** Where to connect; without a port each link's own. */
interface Via {
  readonly host: string;
  readonly port?: number;
}

function parseVia(text: string): Via {
  const [, bracketed, plain, givenPort] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined)
    throw new AppError("usage", `"${shown(text, 60)}" is not HOST or HOST:PORT`, {
      hint: "for instance --via 127.0.0.1:8443",
    });
  return { host, ...(givenPort === undefined ? {} : { port: parsePort(givenPort) }) };
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
  return results;
}

function summary(failing: readonly VerifiedLink[], total: number): string {
  const names = failing
    .slice(0, 5)
    .map(({ name, until }) => (until === null ? name : `${name} (old link)`))
    .join(", ");
  return `${failing.length} of ${total} links do not work: ${names}${failing.length > 5 ? " …" : ""}`;
}
