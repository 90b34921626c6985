import type { Context } from "../../context.ts";
import type { EngineRecord, ImageVerdict } from "../../domain/engine-facts.ts";
import { AppError } from "../../domain/errors.ts";
import { parseImageName } from "../../domain/image-name.ts";
import type { Link } from "../../domain/link.ts";
import type { Settings } from "../../domain/settings.ts";
import { hasSecret } from "../../domain/user.ts";
import { bringLive } from "../live/bring-live.ts";
import { planState } from "../live/plan-state.ts";
import { loadSettings, loadState } from "../load-state.ts";
import { backUp } from "../moving/back-up.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf } from "../people/client-files.ts";

export interface UseImageOptions {
  readonly image: string;
  /** Also an image that fake-TLS links are dead with, although somebody has one. */
  readonly force?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface UsedImage {
  readonly image: string;
  readonly digest: string | null;
  readonly verdict: ImageVerdict["verdict"];
  readonly reasons: readonly string[];
  readonly previous: string;
  /** False when this very image was in use already. */
  readonly changed: boolean;
  readonly live: boolean;
  /** Links that were proved with it: one a shard. */
  readonly proved: number;
}

/** What is put back when the new image does not work. */
interface Before {
  readonly settings: Settings;
  readonly record: EngineRecord;
}

/**
 * Takes another image, or a newer one of the same name: pulled, probed, made live shard by shard, proved by a link of each shard that
 * worked before. When any of that fails the image before is in use again.
 * @throws AppError engine for an image that cannot serve, conflict for one with which somebody's link is dead
 */
export async function useImage(ctx: Context, options: UseImageOptions): Promise<Outcome<UsedImage>> {
  const image = parseImageName(options.image);
  const before = { settings: await loadSettings(ctx), record: await ctx.stores.engineRecord.read() };
  if (before.settings.engine !== "docker") throw noImage();
  const engine = await ctx.engine(before.settings);
  await engine.check();
  ctx.progress.step(`fetching ${image} and finding out what it can do …`);
  const probed = await engine.probeImage(image, { fresh: true });
  await refuseUnfit(ctx, probed, options.force === true);
  const changed = before.settings.image !== image || before.record.image?.imageId !== probed.imageId;
  const data = describe(probed, before, changed);
  if (options.dryRun === true) return { data };
  if (!changed) return { data: { ...data, live: true } };
  const links = await workingLinks(ctx);
  await backUp(ctx, `before image use ${image}`);
  await write(ctx, { settings: { ...before.settings, image }, record: { ...before.record, image: probed } });
  const { failure } = await bringLive(ctx, `${image} does not work`);
  if (failure !== undefined) return { data, failure: await goBack(ctx, before, failure) };
  const dead = await deadLinks(ctx, links);
  if (dead > 0) return { data, failure: await goBack(ctx, before, linksDied(image, dead, links.length)) };
  return { data: { ...data, live: true, proved: links.length } };
}

function describe(probed: ImageVerdict, { settings }: Before, changed: boolean): UsedImage {
  const { image, digest = null, verdict, reasons } = probed;
  return { image, digest, verdict, reasons, previous: settings.image, changed, live: false, proved: 0 };
}

async function refuseUnfit(ctx: Context, probed: ImageVerdict, force: boolean): Promise<void> {
  if (probed.verdict === "unusable") {
    throw new AppError("engine", `${probed.image} cannot be used: ${probed.reasons.join("; ")}`, {
      hint: "nothing was changed; mtproxy image list names others",
    });
  }
  if (probed.verdict === "good" || force) return;
  const { users } = await loadState(ctx);
  const people = users.filter((user) => user.enabled && user.secret?.mode === "fake-tls").map(({ name }) => name);
  if (people.length === 0) return;
  const names = `${people.slice(0, 5).join(", ")}${people.length > 5 ? " …" : ""}`;
  throw new AppError(
    "conflict",
    `fake-TLS links of ${names} would be dead with ${probed.image}: ${probed.reasons.join("; ")}`,
    {
      hint: "nothing was changed; --force takes it all the same",
    },
  );
}

async function write(ctx: Context, { settings, record }: Before): Promise<void> {
  await ctx.stores.engineRecord.write(record);
  await ctx.stores.settings.write(settings);
}

/** One link of each shard, of those that work now. */
async function workingLinks(ctx: Context): Promise<Link[]> {
  const planned = await planState(ctx);
  const byPort = new Map<number, Link>();
  for (const user of planned.state.users.filter(hasSecret).filter(({ enabled }) => enabled)) {
    const link = linkOf(planned, user);
    if (link !== undefined && !byPort.has(link.port)) byPort.set(link.port, link);
  }
  const links = [...byPort.values()];
  const proofs = await Promise.all(links.map((link) => works(ctx, link)));
  return links.filter((_, index) => proofs[index]);
}

async function deadLinks(ctx: Context, links: readonly Link[]): Promise<number> {
  const proofs = await Promise.all(links.map((link) => works(ctx, link)));
  return proofs.filter((ok) => !ok).length;
}

async function works(ctx: Context, link: Link): Promise<boolean> {
  const { attempts } = await ctx.host.probeLink(link, { via: { host: "127.0.0.1", port: link.port } });
  return attempts.some(({ ok }) => ok);
}

function linksDied(image: string, dead: number, tried: number): AppError {
  return new AppError("unhealthy", `${dead} of ${tried} links that worked do not with ${image}`);
}

async function goBack(ctx: Context, before: Before, fault: AppError): Promise<AppError> {
  await write(ctx, before);
  const { failure } = await bringLive(ctx, `and ${before.settings.image} could not be brought back`);
  const end = failure === undefined ? `${before.settings.image} is in use as before` : failure.message;
  return new AppError(fault.kind, `${fault.message}; ${end}`, {
    hint:
      failure === undefined ? "mtproxy image probe NAME tells what an image can do" : (failure.hint ?? "mtproxy apply"),
    cause: fault,
  });
}

function noImage(): AppError {
  return new AppError("conflict", "the trial engine runs without an image", {
    hint: "mtproxy setup --engine docker --image NAME serves with the C proxy",
  });
}
