import type { Context, HostContext } from "../../context.ts";
import { agentNumbers } from "../../domain/agent.ts";
import { freeSubnet, routedNetworks } from "../../domain/edge-network.ts";
import { AppError } from "../../domain/errors.ts";
import type { Link } from "../../domain/link.ts";
import type { Routing, Settings } from "../../domain/settings.ts";
import { hasSecret } from "../../domain/user.ts";
import { bringLive } from "../live/bring-live.ts";
import { planState } from "../live/plan-state.ts";
import { loadSettings, type PlannedState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf } from "../people/client-files.ts";
import { moveHostParts } from "../settings/change-settings.ts";
import { NO_AGENT } from "./make-edge-live.ts";

export interface SwitchRoutingOptions {
  readonly routing: Routing;
  /** Image of HAProxy, when it is another one than before. */
  readonly image?: string | undefined;
  readonly dryRun?: boolean | undefined;
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
  /** Links that were proved afterwards, one a shard and kind. */
  readonly proved: number;
}

/**
 * Puts HAProxy before the shards, or takes it away. No link changes: every port that one names goes on being served. Who is connected
 * is cut once.
 * @returns failure when it is saved but not live
 * @throws AppError conflict for the trial engine, environment when the image is not to be had; nothing is changed then
 */
export async function switchRouting(
  ctx: HostContext,
  { routing, image, dryRun }: SwitchRoutingOptions,
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
  if (routing === "edge") await obtainImage(ctx, settings);
  if (changed) await ctx.stores.settings.write(settings);
  const { failure } = await bringLive(ctx, "the routing is saved, but not live");
  if (failure !== undefined) return { data, failure };
  const agents = routing === "edge" ? await answering(ctx) : 0;
  const host = await moveHostParts(ctx, before, settings);
  const warnings = [...(routing === "edge" && agents === 0 ? [NO_AGENT] : []), ...host];
  const { proved, dead } = await prove(ctx);
  const done = { ...data, live: true, agents, proved };
  return dead === undefined ? { data: done, warnings } : { data: done, warnings, failure: dead };
}

function describe(settings: Settings, changed: boolean): SwitchedRouting {
  const { routing, haproxyImage, edgeSubnet } = settings;
  const subnet = routing === "edge" ? (edgeSubnet ?? null) : null;
  return { routing, changed, live: false, haproxyImage, subnet, agents: 0, proved: 0 };
}

/**
 * The settings with a network for the shards, where edge routing needs one: the one that they had, or one that nobody else has.
 * @throws AppError conflict where HAProxy cannot be
 */
export async function withSubnet(ctx: Context, settings: Settings): Promise<Settings> {
  if (settings.routing === "direct") return settings;
  if (settings.engine === "trial") throw onlyDocker();
  if (settings.edgeSubnet !== undefined) return settings;
  const routed = routedNetworks((await ctx.files.readText("/proc/net/route")) ?? "");
  const given = (await (await ctx.engine(settings)).edge?.networks()) ?? [];
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

async function answering(ctx: Context): Promise<number> {
  const conditions = await Promise.all(agentNumbers.map((number) => ctx.agents.greet(number)));
  return conditions.filter((condition) => condition === "answers").length;
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
