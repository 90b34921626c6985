import type { Context } from "../../context.ts";
import { parseCoverDomain } from "../../domain/cover-domain.ts";
import { AppError } from "../../domain/errors.ts";
import { shardName } from "../../domain/shard.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { holdersOf } from "./list-cover-domains.ts";

export interface RemoveCoverDomainOptions {
  readonly domain: string;
  readonly dryRun?: boolean | undefined;
}

export interface RemovedCoverDomain {
  readonly domain: string;
  readonly removed: boolean;
}

/**
 * Takes a domain off the whitelist. Restarts nothing: a proxy that shows it to strangers goes on doing so.
 * @throws AppError not-found, or conflict while a link names it or it is the default
 */
export async function removeCoverDomain(
  ctx: Context,
  { domain: text, dryRun }: RemoveCoverDomainOptions,
): Promise<Outcome<RemovedCoverDomain>> {
  const domain = parseCoverDomain(text);
  await loadSettings(ctx);
  return ctx.stores.exclusively(`removing ${domain}`, async () => {
    const domains = await ctx.stores.coverDomains.read();
    if (!domains.includes(domain)) throw notListed(domain);
    await refuseInUse(ctx, domain);
    const rest = domains.filter((other) => other !== domain);
    const warnings = await consequences(ctx, domain, domains, rest);
    if (dryRun !== true) await ctx.stores.coverDomains.update(() => rest);
    return { data: { domain, removed: dryRun !== true }, warnings };
  });
}

function notListed(domain: string): AppError {
  return new AppError("not-found", `${domain} is not on the list of cover domains`, {
    hint: "mtproxy list-fake-tls-domains shows what there is",
  });
}

async function refuseInUse({ stores }: Context, domain: string): Promise<void> {
  const [{ users }, secrets] = await Promise.all([stores.users.read(), stores.sharedSecrets.read()]);
  const holders = holdersOf(domain, users, secrets);
  const named = [...holders.users, ...holders.sharedSecrets.map((id) => `shared secret ${id}`)];
  if (named.length === 0) return;
  throw new AppError("conflict", `${domain} is in use: the links of ${named.join(", ")} name it`, {
    hint: "those links must go first: mtproxy remove-user NAME, mtproxy remove-secret ID",
  });
}

/** @throws AppError conflict for the default domain and for the last one */
async function consequences(
  { stores }: Context,
  domain: string,
  domains: readonly string[],
  rest: readonly string[],
): Promise<string[]> {
  const [first] = rest;
  const byDefault = (await stores.settings.read())?.defaultCoverDomain;
  if (domain === byDefault)
    throw new AppError("conflict", `${domain} is the default cover domain`, {
      hint: "mtproxy setup --cover-domain OTHER takes another one",
    });
  if (first === undefined)
    throw new AppError("conflict", `${domain} is the last cover domain on the list`, {
      hint: "mtproxy add-fake-tls-domain OTHER adds one to take its place",
    });
  const shown = (await stores.shards.read()).shards.filter(({ coverDomains }) => coverDomains.includes(domain));
  return [
    ...(byDefault === undefined && domains[0] === domain ? [`bare --fake-tls takes ${first} from now on`] : []),
    ...shown.map(({ id }) => `${shardName(id)} still imitates ${domain}: it keeps its cover domains while it exists`),
  ];
}
