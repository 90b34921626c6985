import type { Context } from "../../context.ts";
import type { ImageVerdict } from "../../domain/engine-facts.ts";
import { AppError } from "../../domain/errors.ts";
import { knownImages } from "../../domain/known-images.ts";
import { defaultSettings } from "../../domain/settings.ts";
import type { Outcome } from "../outcome.ts";

export interface ListedImage {
  readonly image: string;
  readonly inUse: boolean;
  /** Already on this host; null when Docker cannot be asked. */
  readonly here: boolean | null;
  /** Measured; null for one that was never probed. */
  readonly verdict: ImageVerdict["verdict"] | null;
  readonly digest: string | null;
  readonly note: string;
}

export interface ImageList {
  readonly images: readonly ListedImage[];
}

/** The image in use and those that are published. Works without Docker and before setup. */
export async function listImages(ctx: Context): Promise<Outcome<ImageList>> {
  const [settings, { image: probed }] = await Promise.all([ctx.stores.settings.read(), ctx.stores.engineRecord.read()]);
  const used = settings?.engine === "docker" ? settings.image : undefined;
  const { here, warnings } = await localImages(ctx);
  const others =
    knownImages.some(({ image }) => image === used) || used === undefined ? [] : [{ image: used, note: "" }];
  const images = [...others, ...knownImages].map(({ image, note }): ListedImage => {
    const verdict = probed?.image === image ? probed : undefined;
    return {
      image,
      inUse: image === used,
      here: here === undefined ? null : here.includes(withTag(image)),
      verdict: verdict?.verdict ?? null,
      digest: verdict?.digest ?? null,
      note: verdict?.reasons.join("; ") ?? note,
    };
  });
  return { data: { images }, warnings };
}

async function localImages(ctx: Context): Promise<{ here?: readonly string[]; warnings: string[] }> {
  try {
    const engine = await ctx.engine({ ...defaultSettings, engine: "docker" });
    await engine.check();
    return { here: (await engine.localImages?.()) ?? [], warnings: [] };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { warnings: [`which images are here is not known: ${error.message}`] };
  }
}

/** As Docker names it: without a tag or digest `latest` is meant. */
function withTag(image: string): string {
  return /@|:[^/]+$/.test(image) ? image : `${image}:latest`;
}
