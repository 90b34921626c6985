import type { Context } from "../../context.ts";
import { isIpv4 } from "../../domain/address.ts";
import type { Deployment } from "../../domain/deployment.ts";
import type { EngineRecord, ImageVerdict } from "../../domain/engine-facts.ts";
import { AppError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import { hasSecret } from "../../domain/user.ts";
import type { Engine } from "../../engine/engine.ts";
import type { PlannedState } from "../load-state.ts";

/** uid and gid of the proxies when root runs this tool: nobody's on a usual host. Anyone else lends them their own. */
const CONTAINER_ID = 10001;

/** Puts together what rendering needs. `record` is what is known of the image. */
export async function makeDeployment(
  ctx: Context,
  { state, plan }: PlannedState,
  record: EngineRecord,
): Promise<Deployment> {
  const { settings } = state;
  const base = { settings, engineRecord: record, shards: plan.shards, containerUser: containerUser(ctx) };
  if (settings.engine === "trial") return base;
  const telegram = await ctx.stores.telegram.read();
  if (telegram === undefined) {
    throw new AppError("environment", "Telegram's proxy-secret and proxy-multi.conf are not here yet", {
      hint: "mtproxy refresh-config downloads them; --proxy-secret FILE and --proxy-config FILE take copies",
    });
  }
  return { ...base, telegram, ...egressOf(settings), ...edgeOf(settings) };
}

function edgeOf({ routing, edgeSubnet }: Settings): Pick<Deployment, "edge"> {
  if (routing === "direct") return {};
  if (edgeSubnet !== undefined) return { edge: { subnet: edgeSubnet } };
  throw new AppError("environment", "HAProxy shall route, and the shards have no network of their own yet", {
    hint: "mtproxy enable-haproxy-routing finds one",
  });
}

/** The address from which Telegram sees this server: as set, or the public one where that is an address. */
function egressOf({ egressIpv4, publicHost }: Settings): { egressIpv4?: string } {
  const address = egressIpv4 ?? (isIpv4(publicHost) ? publicHost : undefined);
  return address === undefined ? {} : { egressIpv4: address };
}

/** The user that containers run as, and that the files which they read belong to. */
export function containerUser(ctx: Context): Deployment["containerUser"] {
  const id = ctx.host.uid === 0 ? CONTAINER_ID : ctx.host.uid;
  return { uid: id, gid: id };
}

/**
 * What is known of the images, found out first when it never was. An image that cannot serve at all stops here; one that refuses
 * today's hello is said where somebody has a fake-TLS link.
 */
export async function knownImage(ctx: Context, engine: Engine, { state }: PlannedState): Promise<EngineRecord> {
  const { settings, engineRecord } = state;
  if (settings.engine === "trial") return engineRecord;
  const image =
    engineRecord.image?.image === settings.image ? engineRecord.image : await probe(ctx, engine, settings.image);
  if (image.verdict === "unusable") throw unusable(image);
  const secrets = [...state.users.filter(hasSecret), ...state.sharedSecrets];
  if (image.verdict === "padded-only" && secrets.some(({ secret }) => secret.mode === "fake-tls")) {
    ctx.progress.warn(
      `fake-TLS links are dead for current Telegram apps on ${image.image}: ${image.reasons.join("; ")}`,
    );
  }
  if (settings.routing === "edge")
    return (await import("../routing/known-haproxy.ts")).knownHaproxy(ctx, engine, settings);
  return ctx.stores.engineRecord.read();
}

async function probe(ctx: Context, engine: Engine, image: string): Promise<ImageVerdict> {
  ctx.progress.step(`finding out what ${image} can do …`);
  const verdict = await engine.probeImage(image);
  await ctx.stores.engineRecord.update((record) => ({ ...record, image: verdict }));
  return verdict;
}

function unusable(image: ImageVerdict): AppError {
  return new AppError("engine", `${image.image} cannot be used: ${image.reasons.join("; ")}`, {
    hint: "mtproxy setup --image NAME takes another image; mtproxy image probe NAME tells what one can do",
  });
}
