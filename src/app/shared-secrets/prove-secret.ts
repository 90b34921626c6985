import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { NumberedSecret } from "../../domain/shared-secret.ts";
import { proveLink } from "../live/bring-live.ts";
import type { Outcome } from "../outcome.ts";
import { type KnownPlaces, linkOf } from "../people/client-files.ts";
import { describeSecret } from "./shared-secret-card.ts";

/** Proves the link of a shared secret where it is served; one that is not active is said to be so. */
export async function proveSecret(
  ctx: Context,
  places: KnownPlaces,
  entry: NumberedSecret,
): Promise<Pick<Outcome<unknown>, "warnings" | "failure">> {
  if (!entry.active) return { warnings: [inactive(entry)] };
  const link = linkOf(places, entry);
  if (link === undefined) return { failure: noPlace(entry) };
  return proveLink(
    ctx,
    describeSecret(entry),
    link,
    `mtproxy verify ${entry.id} tries it again, mtproxy status shows the proxy`,
  );
}

/** Only a file that was written by hand, or by an older program, has one. */
export function inactive(entry: NumberedSecret): string {
  return `${describeSecret(entry)} is not active, so its link does not work`;
}

export function noPlace(entry: NumberedSecret): AppError {
  return new AppError("conflict", `${describeSecret(entry)} has no link: somebody has its key in another mode`, {
    hint: `mtproxy regenerate-secret ${entry.id} gives it a key of its own`,
  });
}
