import type { Context } from "../../context.ts";
import { parseCoverDomain } from "../../domain/cover-domain.ts";
import { AppError } from "../../domain/errors.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { type CheckDomainOptions, type CheckedDomain, examine, whyNot } from "./check-domain.ts";

export interface AddCoverDomainOptions extends CheckDomainOptions {
  /** False adds it whatever it is. */
  readonly check?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface AddedCoverDomain {
  readonly domain: string;
  /** False when it was on the list already, or was refused. */
  readonly added: boolean;
  /** Null without a check. */
  readonly check: CheckedDomain | null;
}

/**
 * Puts a domain on the whitelist, after a look at it. Restarts nothing: a proxy takes it when somebody gets a link with it.
 * @returns failure `invalid` for a bad one, which is not added
 * @throws AppError invalid for what is no domain name
 */
export async function addCoverDomain(ctx: Context, options: AddCoverDomainOptions): Promise<Outcome<AddedCoverDomain>> {
  const domain = parseCoverDomain(options.domain);
  await loadSettings(ctx);
  const isNew = !(await ctx.stores.coverDomains.read()).includes(domain);
  if (!isNew) return { data: { domain, added: false, check: null } };
  const check = options.check === false ? null : await examine(ctx, options);
  if (check?.verdict === "bad") return { data: { domain, added: false, check }, failure: refused(check) };
  if (options.dryRun !== true) await ctx.stores.coverDomains.update((known) => [...known, domain]);
  return { data: { domain, added: true, check }, warnings: check?.verdict === "usable" ? [drawbacks(check)] : [] };
}

function refused(check: CheckedDomain): AppError {
  return new AppError("invalid", `${check.domain} is not added: ${whyNot(check)}`, {
    hint: `mtproxy add-fake-tls-domain ${check.domain} --no-check adds it all the same`,
  });
}

function drawbacks(check: CheckedDomain): string {
  return `${check.domain} can be used, but: ${whyNot(check)}`;
}
