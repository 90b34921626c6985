import { resolve } from "node:path";
import type { Context } from "../context.ts";
import { AppError } from "../domain/errors.ts";
import { shown } from "../domain/printable.ts";

/** Of a file that somebody keeps a secret in. @throws AppError not-found without the file */
export async function firstLine(ctx: Context, file: string): Promise<string> {
  const text = await ctx.files.readText(resolve(file));
  if (text === undefined) throw new AppError("not-found", `there is no file ${shown(resolve(file), 200)}`);
  return text.split(/\r?\n/)[0] ?? "";
}
