import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { tgLink, tmeLink } from "../../domain/link.ts";
import { findUser, hasSecret } from "../../domain/user.ts";
import { svgQr } from "../../render/qr.ts";
import { planState } from "../live/plan-state.ts";
import { linkOf } from "../people/client-files.ts";
import { noteHolders } from "../people/hand-out.ts";

/** The way in for one person. */
export interface RevealedLink {
  readonly username: string;
  /** Otherwise the link does not work. */
  readonly enabled: boolean;
  readonly link: string;
  readonly tmeLink: string;
  /** SVG document. */
  readonly qrSvg: string;
}

/**
 * Shows a person's link to somebody who may see it.
 * @throws AppError not-found, conflict for somebody without a link
 */
export async function revealLink(ctx: Context, name: string): Promise<RevealedLink> {
  const planned = await planState(ctx);
  const user = findUser(planned.state.users, name);
  const link = hasSecret(user) ? linkOf(planned, user) : undefined;
  if (link === undefined || !hasSecret(user))
    throw new AppError("conflict", `${user.name} has no link`, { hint: `mtproxy add-user ${user.name} gives one` });
  await noteHolders(ctx, [user]);
  const whole = tgLink(link);
  return { username: user.name, enabled: user.enabled, link: whole, tmeLink: tmeLink(link), qrSvg: await svgQr(whole) };
}
