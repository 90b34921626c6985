import { resolve } from "node:path";
import type { Context, HostContext } from "../../context.ts";
import { parseSiteServer, type SiteCertificate, type SiteChoice } from "../../domain/cover-site.ts";
import { AppError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import { present } from "../../state/present.ts";
import { planState } from "../live/plan-state.ts";
import { loadSettings, loadState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { coverSite } from "../routing/cover-site.ts";
import { readPage } from "../routing/own-site.ts";
import { type ChangedSettings, changeSettings } from "./change-settings.ts";
import { findPatience } from "./site-patience.ts";

export interface SetCoverSiteOptions {
  readonly certificate?: string;
  readonly key?: string;
  readonly page?: string;
  readonly server?: string;
  readonly domains?: boolean;
  readonly patience?: number;
  readonly dryRun?: boolean;
}

/**
 * Chooses what strangers see in edge routing, and makes it live.
 * @throws AppError usage unless exactly one site is named, not-found and invalid for files that cannot be served
 */
export async function setCoverSite(ctx: HostContext, options: SetCoverSiteOptions): Promise<Outcome<ChangedSettings>> {
  const settings = await loadSettings(ctx);
  const chosen = siteChoice(options);
  const warnings = [...inDirect(settings), ...(await checkSite(ctx, chosen))];
  const { choice, told } =
    options.dryRun === true ? { choice: chosen, told: [] } : await withPatience(ctx, settings, chosen);
  const outcome = await changeSettings(ctx, { coverSite: choice, dryRun: options.dryRun });
  return { ...outcome, warnings: [...warnings, ...told, ...(outcome.warnings ?? [])] };
}

/** What nobody said is measured. Cover domains have no place yet before HAProxy routes. */
async function withPatience(
  ctx: Context,
  settings: Settings,
  choice: SiteChoice,
): Promise<{ readonly choice: SiteChoice; readonly told: readonly string[] }> {
  const isKnown = choice.kind === "page" || choice.patience !== undefined;
  if (isKnown || (choice.kind === "domains" && settings.routing === "direct")) return { choice, told: [] };
  const planned = () => planState(ctx, { settings: { ...settings, coverSite: choice } });
  const site = choice.kind === "server" ? choice : await coverSite(ctx, await planned(), {});
  const { patience, warnings } = await findPatience(ctx, site);
  return { choice: patience === undefined ? choice : { ...choice, patience }, told: warnings };
}

function siteChoice({ certificate, key, page, server, domains, patience }: SetCoverSiteOptions): SiteChoice {
  const isPage = certificate !== undefined || key !== undefined || page !== undefined;
  const named = [isPage, server !== undefined, domains === true].filter(Boolean).length;
  if (named !== 1) throw usage("name one: --certificate and --key, --server, or --domains");
  if (domains === true) return present({ kind: "domains" as const, patience });
  if (server !== undefined) return present({ kind: "server" as const, ...parseSiteServer(server), patience });
  if (certificate === undefined || key === undefined) throw usage("a page takes both --certificate and --key");
  if (patience !== undefined) throw usage("--patience is that of another site: a page has its own");
  const files = { certificate: resolve(certificate), key: resolve(key) };
  return { kind: "page", ...files, ...(page === undefined ? {} : { page: resolve(page) }) };
}

function usage(message: string): AppError {
  return new AppError("usage", message, { hint: "mtproxy set-cover-site --help" });
}

function inDirect({ routing }: Settings): string[] {
  if (routing === "edge") return [];
  return ["strangers meet the proxies themselves for now: the site is theirs from mtproxy enable-haproxy-routing on"];
}

/** What the admin should know of a site that can be served. */
async function checkSite(ctx: Context, choice: SiteChoice): Promise<string[]> {
  if (choice.kind === "page") return certificateWarnings(ctx, (await readPage(ctx, choice)).certificate);
  if (choice.kind === "server") await refuseCircle(ctx, choice);
  return [];
}

async function certificateWarnings(ctx: Context, { validTo, covers }: SiteCertificate): Promise<string[]> {
  const { book } = await loadState(ctx);
  const foreign = [...new Set(book.shards.flatMap(({ coverDomains }) => coverDomains))].filter((name) => !covers(name));
  return [
    ...(validTo > ctx.clock.now() ? [] : [`the certificate ended on ${validTo.toISOString().slice(0, 10)}`]),
    ...foreign.map((name) => `the certificate is not for ${name}, which fake-TLS links name: a stranger sees that`),
  ];
}

/** HAProxy would lead strangers to itself, over and over. */
async function refuseCircle(ctx: Context, { address, port }: { address: string; port: number }): Promise<void> {
  const { book, settings } = await loadState(ctx);
  const isHere = /^(127|0)\./.test(address) || [settings.publicHost, ...(await ctx.host.addresses())].includes(address);
  const served = [...book.shards.map((shard) => shard.port), ...book.retiredPorts];
  if (!isHere || !served.includes(port)) return;
  throw new AppError("conflict", `${address}:${port} is the proxy itself: strangers would be led in a circle`);
}
