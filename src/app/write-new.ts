import type { Context } from "../context.ts";
import { AppError } from "../domain/errors.ts";

/**
 * Writes a file (0600) that somebody named with `--output`.
 * @throws AppError conflict when it is there already
 */
export async function writeNew(ctx: Context, path: string, text: string): Promise<void> {
  if ((await ctx.files.stat(path)) !== undefined)
    throw new AppError("conflict", `${path} is there already`, { hint: "name another file: --output FILE" });
  await ctx.files.write(path, text, { mode: 0o600, exactMode: true });
}
