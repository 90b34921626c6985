import { join } from "node:path";
import type { Context } from "../../context.ts";
import {
  checkPage,
  defaultPage,
  readSiteCertificate,
  type SiteCertificate,
  type SiteChoice,
} from "../../domain/cover-site.ts";
import type { CoverSite } from "../../domain/edge.ts";
import { AppError } from "../../domain/errors.ts";

type PageChoice = Extract<SiteChoice, { kind: "page" }>;

/** A site that was chosen in place of the cover domains; its files as they are now, so that whoever renders renews them too. */
export async function ownSite(ctx: Context, choice: SiteChoice | undefined): Promise<CoverSite | undefined> {
  if (choice === undefined || choice.kind === "domains") return undefined;
  return choice.kind === "server" ? choice : lastGoodPage(ctx, choice);
}

/** A renewal that went wrong must not take the site down with it: what is served stays. */
async function lastGoodPage(ctx: Context, choice: PageChoice): Promise<CoverSite> {
  try {
    const { certificate, page } = await readPage(ctx, choice);
    return { kind: "page", certificate: certificate.pem, page };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const [certificate, page] = await Promise.all(["site.pem", "site.html"].map((leaf) => rendered(ctx, leaf)));
    if (certificate === undefined || page === undefined) throw error;
    ctx.progress.warn(`${error.message}; the cover site goes on with what it has`);
    return { kind: "page", certificate, page };
  }
}

function rendered(ctx: Context, leaf: string): Promise<string | undefined> {
  return ctx.files.readText(join(ctx.paths.rendered, "haproxy", leaf));
}

/** @throws AppError with the file's name: not found, invalid or environment */
export async function readPage(
  ctx: Context,
  { certificate, key, page }: PageChoice,
): Promise<{ certificate: SiteCertificate; page: string }> {
  const [chain, secret] = [await need(ctx, certificate), await need(ctx, key)];
  const html = page === undefined ? defaultPage : await need(ctx, page);
  return {
    certificate: named(`${certificate} and ${key}`, () => readSiteCertificate(chain, secret)),
    page: page === undefined ? html : named(page, () => checkPage(html)),
  };
}

async function need(ctx: Context, path: string): Promise<string> {
  const text = await ctx.files.readText(path);
  if (text !== undefined) return text;
  throw new AppError("not-found", `there is no ${path}`, { hint: "mtproxy set-cover-site chooses what strangers see" });
}

function named<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.kind, `${what}: ${error.message}`, error.hint === undefined ? {} : { hint: error.hint });
  }
}
