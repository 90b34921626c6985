import type { HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { runTool } from "./host-context.ts";

const TIMEOUT_MS = 10 * 60_000;

/**
 * Gives Docker an image from a file, as `docker save NAME` writes it: for servers that no registry answers.
 * @returns the name that the file gives to it
 * @throws AppError not-found, invalid when it holds none or several with a name, engine with Docker's words
 */
export async function loadImage(ctx: HostContext, file: string): Promise<string> {
  await requireFile(ctx, file);
  ctx.progress.step(`loading the image in ${file} …`);
  const said = await runTool(ctx, ["docker", "load", "--quiet", "--input", file], TIMEOUT_MS);
  const names = [...said.matchAll(/^Loaded image: (\S+)$/gm)].flatMap(([, name]) => name ?? []);
  const [name] = names;
  if (name !== undefined && names.length === 1) return name;
  const found = name === undefined ? "no image with a name" : `several images: ${names.join(", ")}`;
  throw new AppError("invalid", `${file} holds ${found}`, {
    hint: `docker save NAME > ${file} makes one of one image`,
  });
}

export async function requireFile({ files }: HostContext, file: string): Promise<void> {
  if ((await files.stat(file)) === undefined) throw new AppError("not-found", `there is no image file ${file}`);
}
