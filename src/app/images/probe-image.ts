import type { Context } from "../../context.ts";
import type { ImageVerdict } from "../../domain/engine-facts.ts";
import { AppError } from "../../domain/errors.ts";
import { parseImageName } from "../../domain/image-name.ts";
import { defaultSettings } from "../../domain/settings.ts";
import type { Outcome } from "../outcome.ts";

/**
 * What the binary inside an image can do, measured; remembered when it is the image in use.
 * @returns failure `engine` for an image that cannot serve
 */
export async function probeImage(ctx: Context, name: string | undefined): Promise<Outcome<ImageVerdict>> {
  const settings = (await ctx.stores.settings.read()) ?? defaultSettings;
  const image = parseImageName(name ?? settings.image);
  const engine = await ctx.engine({ ...settings, engine: "docker" });
  await engine.check();
  ctx.progress.step(`finding out what ${image} can do …`);
  const verdict = await engine.probeImage(image);
  if (image === settings.image) await ctx.stores.engineRecord.update((record) => ({ ...record, image: verdict }));
  if (verdict.verdict !== "unusable") return { data: verdict };
  return {
    data: verdict,
    failure: new AppError("engine", `${image} cannot be used: ${verdict.reasons.join("; ")}`, {
      hint: "take another image: mtproxy setup --image NAME",
    }),
  };
}
