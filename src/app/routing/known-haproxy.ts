import type { Context } from "../../context.ts";
import type { EngineRecord, HaproxyImage } from "../../domain/engine-facts.ts";
import { limitsRates, RATES_SINCE } from "../../domain/haproxy-version.ts";
import type { Settings } from "../../domain/settings.ts";
import { hasSecret, type User } from "../../domain/user.ts";
import type { Engine } from "../../engine/engine.ts";

/**
 * Records which HAProxy is in the image that is set, before anything is rendered for it: asked once for each image, and again when its
 * name means another one.
 * @throws AppError environment when the image is not to be had, or there is no HAProxy in it
 */
export async function knownHaproxy(ctx: Context, { edge }: Engine, settings: Settings): Promise<EngineRecord> {
  const record = await ctx.stores.engineRecord.read();
  if (edge === undefined) return record;
  const image = settings.haproxyImage;
  const isKnown = (imageId: string | undefined) =>
    record.haproxy?.image === image && record.haproxy.imageId === imageId;
  if (isKnown((await edge.haproxy())?.imageId)) return record;
  const imageId = await edge.obtain(image);
  if (isKnown(imageId)) return record;
  const haproxy = { image, imageId, version: await edge.haproxyVersion(image) };
  await ctx.stores.engineRecord.update((before) => ({ ...before, haproxy }));
  return { ...record, haproxy };
}

/** The HAProxy of the image that is set; undefined while nobody has looked into that. */
export function haproxyOf({ haproxy }: EngineRecord, { haproxyImage }: Settings): HaproxyImage | undefined {
  return haproxy?.image === haproxyImage ? haproxy : undefined;
}

/** Said of people whose rate counts for nothing with the HAProxy that there is. */
export function rateWarnings(users: readonly User[], record: EngineRecord, settings: Settings): string[] {
  const haproxy = haproxyOf(record, settings);
  if (settings.routing !== "edge" || haproxy === undefined || limitsRates(haproxy.version)) return [];
  const names = users.filter(hasSecret).flatMap(({ name, limits }) => (limits?.rate === undefined ? [] : [name]));
  return names.length === 0 ? [] : [noRates(names, haproxy.version)];
}

function noRates(names: readonly string[], version: string): string {
  const some = names.length > 3 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return `HAProxy ${version} cannot hold ${some.join(", ")} to a rate, ${RATES_SINCE} and later can: mtproxy enable-haproxy-routing --image haproxy:3.0`;
}
