import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { firstLine } from "../first-line.ts";

const LEAST = 8;

/**
 * A passphrase from the first line of a file, or from whoever is asked.
 * @throws AppError not-found without the file, invalid for one that is too short to keep anything
 */
export async function readPassphrase(
  ctx: Context,
  file: string | undefined,
  ask: () => Promise<string>,
): Promise<string> {
  const text = file === undefined ? await ask() : await firstLine(ctx, file);
  if ([...text].length >= LEAST) return text;
  throw new AppError("invalid", `a passphrase has at least ${LEAST} characters`, {
    hint: "several words that do not belong together are easy to keep and hard to guess",
  });
}
