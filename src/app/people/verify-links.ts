import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { isMeantAsLink, type Link, parseLink } from "../../domain/link.ts";
import { parsePort } from "../../domain/port.ts";
import { shown } from "../../domain/printable.ts";
import { domainOf, type Mode } from "../../domain/secret.ts";
import { numbered } from "../../domain/shared-secret.ts";
import { findUser, hasSecret, type ProxyUser, sameUserName } from "../../domain/user.ts";
import type { LinkAttempt } from "../../ports.ts";
import { planState } from "../live/plan-state.ts";
import type { PlannedState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkTo } from "./client-files.ts";

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
  /** The link is meant to be dead. */
  readonly disabled?: boolean;
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
  const candidates = candidatesFor(planned, options.names);
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

function candidatesFor(planned: PlannedState, names: readonly string[]): Candidate[] {
  const { users } = planned.state;
  const shared = sharedCandidates(planned);
  if (names.length === 0) {
    const people = users.filter(hasSecret).filter(({ enabled }) => enabled);
    return [...people.map((user) => candidateOf(planned, user)), ...shared];
  }
  let given = 0;
  return names.map((name) => {
    if (isMeantAsLink(name)) return { name: `link ${++given}`, link: parseLink(name) };
    const secret = shared.find((candidate) => candidate.name === name);
    if (secret !== undefined && !users.some((user) => sameUserName(user.name, name))) return secret;
    const user = findUser(users, name);
    if (hasSecret(user)) return candidateOf(planned, user);
    throw new AppError("conflict", `${user.name} has no link to verify`, { hint: `mtproxy add-user ${user.name}` });
  });
}

/** Active shared secrets, by the ids that name them. */
function sharedCandidates({ state, plan }: PlannedState): Candidate[] {
  const active = numbered(state.sharedSecrets).filter((entry) => entry.active);
  return active.flatMap(({ id, secret }) => {
    const place = plan.placements.get(secret.key.reveal());
    return place === undefined ? [] : [{ name: id, link: linkTo({ state }, secret, place.port) }];
  });
}

function candidateOf(planned: PlannedState, user: ProxyUser): Candidate {
  const place = planned.plan.placements.get(user.secret.key.reveal());
  if (place === undefined) throw new AppError("bug", `${user.name} has no place in the plan`);
  return { name: user.name, link: linkTo(planned, user.secret, place.port), disabled: !user.enabled };
}

async function verifyLink(
  ctx: Context,
  { name, link, disabled }: Candidate,
  options: { readonly via?: Via | undefined; readonly timeout?: number | undefined },
): Promise<VerifiedLink> {
  ctx.progress.step(`verifying ${name} …`);
  const probed = await ctx.host.probeLink(link, {
    ...(options.via === undefined ? {} : { via: { port: link.port, ...options.via } }),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout * 1000 }),
  });
  const attempts =
    disabled === true ? probed.attempts.map((attempt) => attemptOfDisabled(name, attempt)) : probed.attempts;
  const ok = attempts.every((attempt) => attempt.ok);
  return {
    name,
    mode: link.secret.mode,
    domain: domainOf(link.secret) ?? null,
    server: link.server,
    port: link.port,
    ok,
    attempts,
  };
}

/** A disabled user's link is dead on purpose; one that works all the same is the worse fault. */
function attemptOfDisabled(name: string, attempt: LinkAttempt): LinkAttempt {
  if (!attempt.ok)
    return { ...attempt, reason: `${name} is disabled: mtproxy enable-user ${name} brings the link back` };
  const reason = `${name} is disabled, BUT THE LINK STILL WORKS: mtproxy apply makes that live`;
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
    .map(({ name }) => name)
    .join(", ");
  return `${failing.length} of ${total} links do not work: ${names}${failing.length > 5 ? " …" : ""}`;
}
