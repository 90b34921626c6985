import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { tgLink, tmeLink } from "../../domain/link.ts";
import { findUser, hasSecret } from "../../domain/user.ts";
import { svgQr } from "../../render/qr.ts";
import { noteChange } from "../audit/note-change.ts";
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
 * Shows a person's link to somebody who may see it. That it was shown is written down before anybody has it: who has a token is
 * nobody by name.
 * @param tell hears of an audit log that cannot be written, which hides no link
 * @throws AppError not-found, conflict for somebody without a link
 */
export async function revealLink(ctx: Context, name: string, tell: (trouble: string) => void): Promise<RevealedLink> {
  const planned = await planState(ctx);
  const user = findUser(planned.state.users, name);
  const link = hasSecret(user) ? linkOf(planned, user) : undefined;
  if (link === undefined || !hasSecret(user))
    throw new AppError("conflict", `${user.name} has no link`, { hint: `mtproxy add-user ${user.name} gives one` });
  await noteHolders(ctx, [user]);
  const whole = tgLink(link);
  await noteChange(ctx, { ...shown, about: [user.name] }, tell);
  return { username: user.name, enabled: user.enabled, link: whole, tmeLink: tmeLink(link), qrSvg: await svgQr(whole) };
}

const shown = {
  actor: "daemon",
  command: "show link",
  words: "to somebody who has the token of the stats API",
} as const;
