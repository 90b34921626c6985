import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Link } from "../../domain/link.ts";
import { loadSettings } from "../load-state.ts";
import type { Applied } from "./applied.ts";
import { type ApplyOptions, applyPlan, STOPPED } from "./apply-plan.ts";
import { formerEngine } from "./former-engine.ts";

/** How making a saved change live ended. */
interface Live {
  readonly applied?: Applied;
  readonly failure?: AppError;
}

/**
 * Applies a change that is saved already. That it cannot be made live is no reason to throw the change away: the failure goes
 * beside the data.
 * @param otherwise what is true when it is not live, for instance "alice is saved, but the link does not work yet"
 * @param whileStopped the same where the proxy is stopped or was never there: then nobody has access
 */
export async function bringLive(
  ctx: Context,
  otherwise: string,
  { whileStopped = otherwise, ...options }: ApplyOptions & { readonly whileStopped?: string } = {},
): Promise<Live> {
  try {
    return { applied: await applyPlan(ctx, options) };
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === "bug" || error.kind === "interrupted") throw error;
    const isOff = error.message === STOPPED || (whileStopped !== otherwise && (await nothingIsThere(ctx)));
    return {
      failure: new AppError(error.kind, `${isOff ? whileStopped : otherwise}: ${error.message}`, {
        hint: error.hint ?? "mtproxy apply",
        cause: error,
      }),
    };
  }
}

/** No process exists that could let anybody in. Where nobody can tell, one may. */
async function nothingIsThere(ctx: Context): Promise<boolean> {
  try {
    const settings = await loadSettings(ctx);
    const isAlone = (await formerEngine(ctx, settings)) === undefined;
    return isAlone && (await (await ctx.engine(settings)).instances()).length === 0;
  } catch {
    return false;
  }
}

/**
 * Proves a link where it is served, with a handshake on this host's loopback: the way in from outside is not in our hands, the
 * proxy is.
 * @returns what is wrong for some clients, and the failure when it works for none
 */
export async function proveLink(
  ctx: Context,
  name: string,
  link: Link,
  hint = `mtproxy verify ${name} tries it again, mtproxy status shows the proxy`,
): Promise<{ warnings: string[]; failure?: AppError }> {
  const { attempts } = await ctx.host.probeLink(link, { via: { host: "127.0.0.1", port: link.port } });
  const reasons = attempts.flatMap(({ ok, reason }) => (ok ? [] : [reason ?? "the handshake failed"]));
  if (attempts.some(({ ok }) => ok))
    return { warnings: reasons.map((reason) => `${name}'s link does not work for every app: ${reason}`) };
  const failure = new AppError("unhealthy", `${name}'s link is live but does not work: ${reasons.join("; ")}`, {
    hint,
  });
  return { warnings: [], failure };
}
