import type { Context, HostContext } from "../../context.ts";
import { freeSubnet, routedNetworks } from "../../domain/edge-network.ts";
import { AppError } from "../../domain/errors.ts";
import type { Link } from "../../domain/link.ts";
import type { Routing, Settings } from "../../domain/settings.ts";
import { hasSecret } from "../../domain/user.ts";
import { STOPPED } from "../live/apply-plan.ts";
import { bringLive } from "../live/bring-live.ts";
import { planState } from "../live/plan-state.ts";
import { loadSettings, type PlannedState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf } from "../people/client-files.ts";
import { untoldPatience } from "../settings/site-patience.ts";
import { bringLiveWithServices } from "../setup/bring-edge-live.ts";
import { type Helpers, readHelpers } from "../setup/edge-helpers.ts";
import { setUpHost } from "../setup/set-up-host.ts";
import { forgetKeys } from "./agent-keys.ts";
import type { AskRenewal } from "./renewal.ts";

export interface SwitchRoutingOptions {
  readonly routing: Routing;
  /** Image of HAProxy, when it is another one than before. */
  readonly image?: string | undefined;
  readonly dryRun?: boolean | undefined;
  /** Asked before HAProxy that runs already gets another image; nothing is changed when the answer is no. */
  readonly mayRenew: AskRenewal;
}

export interface SwitchedRouting {
  readonly routing: Routing;
  /** False when it was so already. */
  readonly changed: boolean;
  readonly live: boolean;
  readonly haproxyImage: string;
  /** The shards' own network; null in direct routing. */
  readonly subnet: string | null;
  /** Agents that run and tell HAProxy who is connecting. */
  readonly agents: number;
  /** Commands that have to run beside HAProxy, and do not. */
  readonly toRun: readonly string[];
  /** Links that were proved afterwards, one a shard and kind. */
  readonly proved: number;
}

/**
 * Puts HAProxy before the shards, or takes it away, with what runs beside it on this machine. No link changes: every port that one
 * names goes on being served. Who is connected is cut once. Where it cannot be made live everything is as before, the settings too;
 * doing it again repairs what is broken.
 * @returns failure when it is not live, when nobody is identified, or links do not work
 * @throws AppError conflict for the trial engine, environment when the image is not to be had; nothing is changed then
 */
export async function switchRouting(
  ctx: HostContext,
  { routing, image, dryRun, mayRenew }: SwitchRoutingOptions,
): Promise<Outcome<SwitchedRouting>> {
  const before = await loadSettings(ctx);
  const settings = await withSubnet(ctx, {
    ...before,
    routing,
    ...(image === undefined ? {} : { haproxyImage: image }),
  });
  const changed = before.routing !== routing || before.haproxyImage !== settings.haproxyImage;
  const data = describe(settings, changed);
  if (dryRun === true) return { data };
  if (!(await mayRenew(settings))) return { data: describe(before, false) };
  if (routing === "edge") await obtainImage(ctx, settings);
  if (changed) await ctx.stores.settings.write(settings);
  const { failure } = await bringLiveWithServices(ctx, settings, notLive[routing], { renewsHaproxy: true });
  if (failure !== undefined)
    return { data, failure: changed ? await takeBack(ctx, before, settings, failure) : failure };
  const { failures } = await setUpHost(ctx, {}, settings);
  const helpers = routing === "edge" ? await readHelpers(ctx) : none;
  const { proved, dead } = await prove(ctx);
  const [worst, ...others] = [dead, ...failures, helpers.failure].filter((it) => it !== undefined);
  return {
    data: { ...data, live: true, agents: helpers.agents, toRun: helpers.toRun, proved },
    warnings: [
      ...helpers.warnings,
      ...others.map(({ message }) => message),
      ...(routing === "edge" ? untoldPatience(await planState(ctx)) : []),
    ],
    ...(worst === undefined ? {} : { failure: worst }),
  };
}

const none: Helpers = { agents: 0, toRun: [], warnings: [] };

const notLive = { edge: "HAProxy is not put before the proxies", direct: "HAProxy is not taken away" } as const;

const commands = { edge: "mtproxy enable-haproxy-routing", direct: "mtproxy disable-haproxy-routing" } as const;

/**
 * A change of routing cuts everybody, so that nothing tries it again by itself. Only a proxy that somebody stopped takes it when it
 * starts.
 */
async function takeBack(ctx: HostContext, before: Settings, settings: Settings, failure: AppError): Promise<AppError> {
  const { kind, message, cause } = failure;
  if (cause instanceof AppError && cause.message === STOPPED) return failure;
  await ctx.stores.settings.write(before);
  if (before.routing === "direct") await forgetKeys(ctx);
  const isBack =
    before.routing !== settings.routing || (await bringLive(ctx, "", { renewsHaproxy: true })).failure === undefined;
  const first = originOf(failure).hint;
  const next = `${isBack ? "everything is as before" : "mtproxy status shows what runs"}; ${commands[settings.routing]} tries again`;
  return new AppError(kind, message, { hint: first === undefined ? next : `${first}; ${next}`, cause: failure });
}

/** The first error, which knows nothing of what was saved. */
function originOf(error: AppError): AppError {
  return error.cause instanceof AppError ? originOf(error.cause) : error;
}

function describe(settings: Settings, changed: boolean): SwitchedRouting {
  const { routing, haproxyImage, edgeSubnet } = settings;
  const subnet = routing === "edge" ? (edgeSubnet ?? null) : null;
  return { routing, changed, live: false, haproxyImage, subnet, agents: 0, toRun: [], proved: 0 };
}

/**
 * The settings with a network for the shards, where edge routing needs one: the one that they had, or one that nobody else has.
 * @throws AppError conflict where HAProxy cannot be
 */
export async function withSubnet(ctx: Context, settings: Settings): Promise<Settings> {
  if (settings.routing === "direct") return settings;
  if (settings.engine === "trial") throw onlyDocker();
  if (settings.edgeSubnet !== undefined) return settings;
  const { edge } = await ctx.engine(settings);
  const present = await edge?.subnet();
  if (present !== undefined) return { ...settings, edgeSubnet: present };
  const routed = routedNetworks((await ctx.files.readText("/proc/net/route")) ?? "");
  const given = (await edge?.networks()) ?? [];
  const edgeSubnet = freeSubnet([...routed, ...given]);
  if (edgeSubnet !== undefined) return { ...settings, edgeSubnet };
  throw new AppError("environment", "no network is free for the shards: routes or Docker have all that were tried", {
    hint: "mtproxy config set edge_subnet ADDRESS/22 names one",
  });
}

function onlyDocker(): AppError {
  return new AppError("conflict", "HAProxy can only stand before shards in containers", {
    hint: "mtproxy setup --engine docker serves with containers, mtproxy disable-haproxy-routing takes HAProxy away",
  });
}

async function obtainImage(ctx: Context, settings: Settings): Promise<void> {
  const engine = await ctx.engine(settings);
  await engine.check();
  ctx.progress.step(`looking for ${settings.haproxyImage} …`);
  await engine.edge?.obtain(settings.haproxyImage);
}

/** A link of each port, with a real handshake. */
async function prove(ctx: Context): Promise<{ proved: number; dead?: AppError }> {
  const links = oneAPort(await planState(ctx));
  const probes = await Promise.all(
    links.map((link) => ctx.host.probeLink(link, { via: { host: "127.0.0.1", port: link.port } })),
  );
  const reasons = probes.flatMap(({ attempts }) =>
    attempts.some(({ ok }) => ok) ? [] : [attempts[0]?.reason ?? "the handshake failed"],
  );
  const proved = probes.length - reasons.length;
  if (reasons.length === 0) return { proved };
  const dead = new AppError(
    "unhealthy",
    `${reasons.length} of ${links.length} links that were tried do not work: ${reasons[0]}`,
    {
      hint: "mtproxy verify tries every link, mtproxy status shows what runs",
    },
  );
  return { proved, dead };
}

function oneAPort(planned: PlannedState): Link[] {
  const links = new Map<number, Link>();
  for (const user of planned.state.users.filter(hasSecret).filter(({ enabled }) => enabled)) {
    const link = linkOf(planned, user);
    if (link !== undefined && !links.has(link.port)) links.set(link.port, link);
  }
  return [...links.values()];
}
