import { join } from "node:path";
import type { Context } from "../../context.ts";
import { agentUser } from "../../domain/agent.ts";
import type { Deployment } from "../../domain/deployment.ts";
import type { EdgeConfig, EdgeServer } from "../../domain/edge.ts";
import { type EdgeEntry, edgeEntries, revokedEntries } from "../../domain/edge-entries.ts";
import { instanceAddress } from "../../domain/edge-network.ts";
import { placesFor } from "../../domain/edge-places.ts";
import { AppError } from "../../domain/errors.ts";
import { limitsRates } from "../../domain/haproxy-version.ts";
import { INNER_PORT, type Shard, type Side } from "../../domain/shard.ts";
import { sourceRule } from "../../domain/source-rule.ts";
import { ratesOf } from "../../domain/user-limits.ts";
import { type RenderedEdgeKeys, renderEdgeKeys } from "../../render/edge-keys.ts";
import { haproxyConnections } from "../../render/edge-service.ts";
import { readHaproxy, renderHaproxy, shapeOf } from "../../render/haproxy.ts";
import type { RenderedFile } from "../../render/rendered-file.ts";
import { present } from "../../state/present.ts";
import type { PlannedState } from "../load-state.ts";
import { coverSite } from "./cover-site.ts";
import { haproxyOf } from "./known-haproxy.ts";

/** Where a shard's people are led; `a` for a shard that is not named. */
export type Sides = ReadonlyMap<number, Side>;

/** HAProxy's workers, when root runs this tool; anyone else lends them their own id. */
const HAPROXY_ID = agentUser.gid;

/** What stands before the shards, as the plan asks for it. */
export interface EdgePlan {
  readonly subnet: string;
  readonly config: (sides: Sides) => EdgeConfig;
  readonly files: (sides: Sides) => RenderedFile[];
  /** What HAProxy reports when it has loaded such files. */
  readonly shape: string;
  readonly entries: readonly EdgeEntry[];
  /** Of these people, and of keys that were taken away. */
  readonly keys: (entries?: readonly EdgeEntry[]) => RenderedEdgeKeys;
}

/**
 * Everything of the edge that follows from state and plan. Ports and addresses that are served already stay, as long as nothing speaks
 * against them.
 * @param maxConnections as many as a new container has files for when absent
 */
export async function planEdge(
  ctx: Context,
  planned: PlannedState,
  deployment: Deployment,
  maxConnections = haproxyConnections(deployment),
): Promise<EdgePlan> {
  const { edge } = deployment;
  if (edge === undefined) throw new AppError("bug", "the edge is planned where nothing stands before the shards");
  const before = readHaproxy((await ctx.files.readText(join(ctx.paths.rendered, "haproxy/haproxy.cfg"))) ?? "");
  const entries = edgeEntries(planned.plan, { ...planned.state, now: ctx.clock.now() });
  const base = {
    ports: await servedPorts(ctx, planned, before.ports),
    maxConnections,
    maxConnectionsPerSource: deployment.settings.maxConnectionsPerSource,
    addressWindow: deployment.settings.addressWindow,
    servers: serversOf(entries),
    site: await coverSite(ctx, planned, before.sites),
    subnet: edge.subnet,
    relays: deployment.settings.relays,
    ...present({ sources: sourceRule(deployment.settings) }),
    rates: ratesToServe(deployment, entries, before.rates),
    user: haproxyUser(ctx),
  };
  const shards = planned.plan.shards.map(({ shard }) => shard);
  const places = Math.max(before.places, placesFor(shards.map(({ id }) => id)));
  const config = (sides: Sides): EdgeConfig => ({
    ...base,
    places,
    shards: shards.map((shard) => edgeShard(shard, edge.subnet, sides.get(shard.id) ?? "a")),
  });
  const files = (sides: Sides) => renderHaproxy(config(sides));
  const longHello = planned.state.engineRecord.image?.longHello !== false;
  return {
    subnet: edge.subnet,
    config,
    files,
    shape: shapeOf(String(files(new Map())[0]?.content)) ?? "",
    entries,
    keys: (some = entries) => renderEdgeKeys([...some, ...revokedEntries(planned.plan)], longHello),
  };
}

export function serversOf(entries: readonly EdgeEntry[]): EdgeServer[] {
  return entries.map(({ server, shardId }) => ({ name: server, shardId }));
}

function edgeShard({ id, family }: Shard, subnet: string, side: Side): EdgeConfig["shards"][number] {
  const kind = family === "fake-tls" ? "fake-tls" : "obfuscated";
  return { id, kind, address: instanceAddress(subnet, id, side), port: INNER_PORT };
}

/**
 * Nobody's in a HAProxy that cannot. What it has is kept while it is enough: a rate that nobody has any more is no reason for a reload.
 */
function ratesToServe(
  { engineRecord, settings }: Deployment,
  entries: readonly EdgeEntry[],
  before: readonly number[],
): readonly number[] {
  if (!limitsRates(haproxyOf(engineRecord, settings)?.version)) return [];
  const wanted = ratesOf(entries.map(({ limits }) => limits ?? {}));
  return wanted.every((rate) => before.includes(rate)) ? before : wanted;
}

/** uid and gid of HAProxy's workers. */
export function haproxyUser(ctx: Context): EdgeConfig["user"] {
  const id = ctx.host.uid === 0 ? HAPROXY_ID : ctx.host.uid;
  return { uid: id, gid: id };
}

/** Every shard's, and those that older links may name where nobody else has them now. */
async function servedPorts(ctx: Context, { plan }: PlannedState, before: readonly number[]): Promise<number[]> {
  const own = plan.book.shards.map(({ port }) => port);
  const retired = plan.book.retiredPorts.filter((port) => !own.includes(port));
  const free = await Promise.all(
    retired.map(async (port) => before.includes(port) || (await ctx.host.isPortFree(port))),
  );
  return [...new Set([...own, ...retired.filter((_, index) => free[index])])].sort((a, b) => a - b);
}
