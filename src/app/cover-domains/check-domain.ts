import type { Context } from "../../context.ts";
import { isIpv4, parseIpv4 } from "../../domain/address.ts";
import { parseCoverDomain } from "../../domain/cover-domain.ts";
import type { CoverFacts, CoverProbe, NameAddresses } from "../../domain/cover-facts.ts";
import { type JudgedCover, judgeCover } from "../../domain/cover-verdict.ts";
import { AppError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Outcome } from "../outcome.ts";

export interface CheckDomainOptions {
  readonly domain: string;
  /** 443. */
  readonly port?: number | undefined;
  /** IPv4 address to try instead of asking name servers. */
  readonly address?: string | undefined;
}

export interface CheckedDomain extends JudgedCover {
  readonly domain: string;
  readonly port: number;
  /** IPv4; the proxy is given the first. */
  readonly addresses: readonly string[];
  readonly isThisServer: boolean;
  /** The slowest of twenty handshakes as the proxy makes them; null where one failed. */
  readonly handshakeMs: number | null;
  /** Sizes of the encrypted records of the site's answer, bytes; null where there was none. */
  readonly records: readonly number[] | null;
  /** ISO 8601. */
  readonly certificateValidTo: string | null;
  /** Whether X25519MLKEM768 is taken. */
  readonly postQuantum: CoverProbe["postQuantum"];
}

/** Where the C proxy takes strangers on the cover domain's host. */
const COVER_PORT = 443;

/**
 * Tries a site as the C proxy will and says what speaks for and against it. Works before setup.
 * @returns failure `unhealthy` when the verdict is bad
 * @throws AppError invalid for what is no domain name or no address
 */
export async function checkDomain(ctx: Context, options: CheckDomainOptions): Promise<Outcome<CheckedDomain>> {
  const data = await examine(ctx, options);
  if (data.verdict !== "bad") return { data };
  return {
    data,
    failure: new AppError("unhealthy", `${data.domain} is no good as a cover: ${whyNot(data)}`, {
      hint: "mtproxy check-domain NAME tries another one",
    }),
  };
}

export async function examine(ctx: Context, options: CheckDomainOptions): Promise<CheckedDomain> {
  const domain = parseCoverDomain(options.domain);
  const port = options.port ?? COVER_PORT;
  const given = options.address === undefined ? undefined : parseIpv4(options.address);
  ctx.progress.step(`checking ${domain}…`);
  const [names, own, isProxyPort] = await Promise.all([
    given === undefined ? ctx.host.lookup(domain) : { ipv4: [given], ipv6: [] },
    ownAddresses(ctx, await ctx.stores.settings.read()),
    holdsPort(ctx, port),
  ]);
  const probe = await probeFirst(ctx, domain, port, names);
  const facts: CoverFacts = {
    ...{ domain, port, names, own, isProxyPort, isGiven: given !== undefined, now: ctx.clock.now() },
    ...(probe === undefined ? {} : { probe }),
  };
  return { domain, port, ...judgeCover(facts), ...figures(facts) };
}

/** The reasons of the worst checks, in one line. */
export function whyNot({ checks, verdict }: JudgedCover): string {
  const reasons = checks.filter((check) => check.verdict === verdict).map(({ reason }) => reason);
  return reasons.join("; ");
}

async function probeFirst(
  ctx: Context,
  domain: string,
  port: number,
  { ipv4 }: NameAddresses,
): Promise<CoverProbe | undefined> {
  const [address] = ipv4;
  return address === undefined ? undefined : ctx.host.probeCover({ domain, address, port });
}

/** A public host that is a name counts with its address: behind a NAT no interface has it. */
async function ownAddresses(ctx: Context, settings: Settings | undefined): Promise<string[]> {
  const { publicHost = "", egressIpv4 = "" } = settings ?? {};
  const [resolved, interfaces] = await Promise.all([
    publicHost === "" || isIpv4(publicHost) ? undefined : ctx.host.resolve4(publicHost),
    ctx.host.addresses(),
  ]);
  return [publicHost, egressIpv4, resolved ?? "", ...interfaces].filter(isIpv4);
}

async function holdsPort(ctx: Context, port: number): Promise<boolean> {
  const { shards } = await ctx.stores.shards.read();
  return shards.some((shard) => shard.port === port);
}

function figures({ names, own, probe }: CoverFacts): Omit<CheckedDomain, "domain" | "port" | keyof JudgedCover> {
  const imitation = probe?.imitation.ok === true ? probe.imitation : undefined;
  return {
    addresses: names.ipv4,
    isThisServer: names.ipv4.some((address) => own.includes(address)),
    handshakeMs: imitation?.milliseconds ?? null,
    records: imitation?.records ?? null,
    certificateValidTo: probe?.certificate?.validTo ?? null,
    postQuantum: probe?.postQuantum ?? "unknown",
  };
}
