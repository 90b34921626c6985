import type { Context } from "../../context.ts";
import { isIpv4 } from "../../domain/address.ts";
import { hasOwnSite, NOWHERE } from "../../domain/cover-site.ts";
import type { Plan } from "../../domain/plan/types.ts";
import { SITE_PORT } from "../../domain/site-address.ts";
import type { PlannedState } from "../load-state.ts";

/** How long an address that is known already is asked for anew. */
const RENEWAL_MS = 1000;

/**
 * Cover domains that need an address now: those without one, and those of shards that restart anyway, because the addresses of big
 * sites rotate and a changed one restarts its shard.
 * @param found addresses that were asked for already
 */
export function domainsToPin(plan: Plan, found: Readonly<Record<string, string>>): string[] {
  const domains = plan.book.shards
    .filter((shard) => shard.family === "fake-tls")
    .flatMap(({ id, coverDomains, pinned }) =>
      coverDomains.filter((domain) => pinned[domain] === undefined || (plan.reasons.get(id) ?? []).length > 0),
    );
  return [...new Set(domains)].filter((domain) => found[domain] === undefined);
}

/** An address for each domain, all asked for at once. */
export async function findPins(
  ctx: Context,
  planned: PlannedState,
  domains: readonly string[],
): Promise<Record<string, string>> {
  const own = await ownAddresses(ctx, planned);
  const pins = domains.map(async (domain) => [domain, await findPin(ctx, planned, domain, own)] as const);
  return Object.fromEntries(await Promise.all(pins));
}

async function findPin(ctx: Context, planned: PlannedState, domain: string, own: ReadonlySet<string>): Promise<string> {
  const known = knownPin(planned, domain);
  const address = await ctx.host.resolve4(domain, known === undefined ? undefined : RENEWAL_MS);
  const isShown = !hasOwnSite(planned.state.settings);
  if (address === undefined && known === undefined && isShown) warnOfNoAddress(ctx, domain);
  if (address === undefined || !own.has(address)) return address ?? known ?? NOWHERE;
  if (isShown) warnOfCircle(ctx, domain);
  return NOWHERE;
}

/** An address that is known already is kept when DNS does not answer soon. */
function knownPin({ state }: PlannedState, domain: string): string | undefined {
  return state.book.shards.map(({ pinned }) => pinned[domain]).find((address) => address !== undefined);
}

/**
 * This server's own addresses, and those of relays that lead back to it, where a shard holds the port that strangers are taken to, or
 * strangers get a site of this server's; none where a real site may be there.
 */
export async function ownAddresses(ctx: Context, { state, plan }: PlannedState): Promise<ReadonlySet<string>> {
  const isOurs = plan.book.shards.some(({ port }) => port === SITE_PORT) || hasOwnSite(state.settings);
  if (!isOurs) return new Set();
  const { publicHost, egressIpv4, relays = [] } = state.settings;
  const named = [publicHost, egressIpv4 ?? "", ...relays].filter(isIpv4);
  return new Set([...named, ...(await ctx.host.addresses())]);
}

function warnOfNoAddress(ctx: Context, domain: string): void {
  ctx.progress.warn(
    `cover domain ${domain} has no address now: its links work, but strangers are turned away instead of shown the site`,
  );
}

/** Measured on a prototype: a few strangers made tens of thousands of connections of the proxy to itself. */
function warnOfCircle(ctx: Context, domain: string): void {
  ctx.progress.warn(
    `cover domain ${domain} is this server, and the proxy itself holds port ${SITE_PORT}: strangers are turned away, or they would be sent in a circle; put the proxy on another port and the site on ${SITE_PORT}`,
  );
}
