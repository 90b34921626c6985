import type { Context } from "../../context.ts";
import { NOWHERE } from "../../domain/cover-site.ts";
import type { CoverSite } from "../../domain/edge.ts";
import { ownAddresses } from "../live/cover-domain-pins.ts";
import { defaultCoverDomain, type PlannedState } from "../load-state.ts";
import { ownSite } from "./own-site.ts";

/** Where strangers go: the site that was chosen, or the cover domains. `before`: addresses of domains that are served already. */
export async function coverSite(
  ctx: Context,
  planned: PlannedState,
  before: Readonly<Record<string, string>>,
): Promise<CoverSite> {
  const choice = planned.state.settings.coverSite;
  const own = await ownSite(ctx, choice);
  if (own !== undefined) return own;
  const domains = await listedDomains(ctx, planned, before);
  const patience = choice?.kind === "domains" ? choice.patience : undefined;
  return { kind: "domains", domains, ...(patience === undefined ? {} : { patience }) };
}

/**
 * The sites that the shards imitate, first shard first; where none does, the one that the next would. Not those that are this server:
 * HAProxy would lead strangers to itself.
 */
async function listedDomains(ctx: Context, planned: PlannedState, before: Readonly<Record<string, string>>) {
  const pins = new Map(
    planned.plan.book.shards.flatMap(({ coverDomains, pinned }) =>
      coverDomains.map((domain) => [domain, pinned[domain]] as const),
    ),
  );
  if (pins.size === 0) {
    const domain = defaultCoverDomain(planned.state);
    pins.set(domain, before[domain] ?? (await ctx.host.resolve4(domain)));
  }
  const circular = new Set([NOWHERE, ...(await ownAddresses(ctx, planned))]);
  return [...pins].flatMap(([domain, address]) =>
    address === undefined || circular.has(address) ? [] : [{ domain, address }],
  );
}
