import type { Context, HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { type HostEntry, type HostPart, hostParts } from "../../domain/host-record.ts";
import { accessWarnings, deferredWarnings, withoutKeys } from "../../domain/plan/revoked.ts";
import type { EngineName, Routing } from "../../domain/settings.ts";
import { hasSecret } from "../../domain/user.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { undeliveredWarnings } from "../alerts/undelivered.ts";
import { type DaemonState, daemonState, daemonTrouble } from "../daemon/daemon-state.ts";
import { type Backlog, findBacklog } from "../live/backlog.ts";
import { formerEngineWarnings } from "../live/former-engine.ts";
import { planState } from "../live/plan-state.ts";
import { loadState, type State } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { rateWarnings } from "../routing/known-haproxy.ts";
import { apiTrouble, seeStatsApi } from "../stats-api/stats-api-state.ts";
import { AGENTS_AWAY, type AgentState, agentStates, agentTrouble, allAgentsAway } from "./agent-states.ts";
import { type HaproxyState, haproxyState, shutDoor } from "./haproxy-state.ts";
import { jailWarnings } from "./jail-warnings.ts";
import { type ShardStatus, shardStatus, unhealthy } from "./shard-status.ts";

export interface Status {
  readonly engine: EngineName;
  readonly notice: string | null;
  readonly publicHost: string;
  readonly users: { readonly enabled: number; readonly disabled: number };
  /** Those that belong to no user. */
  readonly sharedSecrets: { readonly active: number; readonly inactive: number };
  readonly activeConnections: number;
  readonly totalConnections: number;
  /** Of the shard that has run longest. */
  readonly uptimeSeconds: number;
  readonly shards: readonly ShardStatus[];
  /** What is saved differs from what runs; null when nobody can tell. */
  readonly pending: boolean | null;
  readonly routing: Routing;
  /** What stands before the shards; null without HAProxy routing. */
  readonly haproxy: HaproxyState | null;
  /** Those that tell HAProxy who is connecting; null without HAProxy routing. */
  readonly agents: readonly AgentState[] | null;
  /** Who sums what everybody uses and ends what is over; null without HAProxy routing. */
  readonly daemon: DaemonState | null;
  /** What setup put on this machine outside the home. */
  readonly host: readonly InstalledPart[];
}

export interface InstalledPart {
  readonly part: HostPart;
  /** Paths, names of timers, rules. */
  readonly items: readonly string[];
}

/**
 * What runs now and how it does.
 * @returns failure `unhealthy` when a shard does not serve; failure of the engine's own kind when the engine cannot be asked
 */
export async function readStatus(ctx: HostContext): Promise<Outcome<Status>> {
  const state = await loadState(ctx);
  const engine = await ctx.engine(state.settings);
  const asked = await ask(engine);
  const keys = new Set(state.users.filter(hasSecret).map(({ secret }) => secret.key.reveal()));
  const shards = await Promise.all(state.book.shards.map((shard) => shardStatus(engine, shard, keys, asked.instances)));
  const agents = state.settings.routing === "edge" ? await agentStates(ctx) : null;
  const haproxy = state.settings.routing === "edge" ? await haproxyState(ctx, engine, state.book.shards) : null;
  const daemon = state.settings.routing === "edge" ? await daemonState(ctx) : null;
  const { pending, revocations, deferred } = await backlogOf(ctx, engine, asked);
  const data = {
    ...summarize(state, engine, shards),
    pending,
    routing: state.settings.routing,
    haproxy,
    agents,
    daemon,
    host: installedParts(await ctx.stores.hostRecord.read()),
  };
  const failure = asked.failure ?? unhealthy(shards, state.settings) ?? shutDoor(haproxy) ?? unasked(agents ?? []);
  // What does not run at all is started with everything that is saved.
  const runs = asked.instances.some(({ running }) => running);
  return {
    data,
    warnings: [
      ...state.warnings,
      ...(await formerEngineWarnings(ctx, state.settings)),
      ...accessWarnings(revocations),
      ...deferredWarnings(deferred),
      ...rateWarnings(state.users, state.engineRecord, state.settings),
      ...(await jailWarnings(ctx, state.settings)),
      ...(await undeliveredWarnings(ctx)),
      ...(pending === true && runs ? [PENDING] : []),
      ...[
        ...(agents ?? []).map(agentTrouble),
        daemon === null ? undefined : daemonTrouble(daemon),
        apiTrouble(ctx, await seeStatsApi(ctx, state.settings)),
      ].flatMap(inWords),
    ],
    ...(failure === undefined ? {} : { failure }),
  };
}

const PENDING = "changes are saved that are not live yet: mtproxy plan shows them, mtproxy apply makes them live";

/** Where the engine cannot be asked, nobody is said to be cut off who may not be. */
async function backlogOf(
  ctx: Context,
  engine: Engine,
  { instances, failure }: Asked,
): Promise<{ pending: boolean | null } & Pick<Backlog, "revocations" | "deferred">> {
  try {
    const planned = await planState(ctx);
    if (failure !== undefined)
      return { pending: null, revocations: withoutKeys(planned.plan.revocations), deferred: [] };
    return await findBacklog(ctx, planned, engine, instances);
  } catch (error) {
    if (error instanceof AppError) return { pending: null, revocations: [], deferred: [] };
    throw error;
  }
}

/** What the engine said, or why it said nothing. */
interface Asked {
  readonly instances: readonly Instance[];
  readonly failure?: AppError;
}

async function ask(engine: Engine): Promise<Asked> {
  try {
    await engine.check();
    return { instances: await engine.instances() };
  } catch (error) {
    if (error instanceof AppError) return { instances: [], failure: error };
    throw error;
  }
}

function summarize(
  state: State,
  engine: Engine,
  shards: readonly ShardStatus[],
): Omit<Status, "pending" | "routing" | "haproxy" | "agents" | "daemon" | "host"> {
  const holders = state.users.filter(hasSecret);
  const enabled = holders.filter((user) => user.enabled).length;
  const active = state.sharedSecrets.filter((secret) => secret.active).length;
  const sum = (pick: (shard: ShardStatus) => number | null) =>
    shards.reduce((total, shard) => total + (pick(shard) ?? 0), 0);
  return {
    engine: state.settings.engine,
    notice: engine.notice ?? null,
    publicHost: state.settings.publicHost,
    users: { enabled, disabled: holders.length - enabled },
    sharedSecrets: { active, inactive: state.sharedSecrets.length - active },
    activeConnections: sum((shard) => shard.activeConnections),
    totalConnections: sum((shard) => shard.totalConnections),
    uptimeSeconds: Math.max(0, ...shards.map((shard) => shard.uptimeSeconds ?? 0)),
    shards,
  };
}

function inWords(trouble: ReturnType<typeof agentTrouble>): string[] {
  return trouble === undefined ? [] : [`${trouble.words}: ${trouble.remedy}`];
}

function unasked(agents: readonly AgentState[]): AppError | undefined {
  if (agents.length === 0 || !allAgentsAway(agents)) return undefined;
  return new AppError("unhealthy", AGENTS_AWAY, { hint: "mtproxy doctor agents" });
}

function installedParts(entries: readonly HostEntry[]): InstalledPart[] {
  return hostParts.flatMap((part) => {
    const items = entries.filter((entry) => entry.part === part).map(({ what }) => what);
    return items.length === 0 ? [] : [{ part, items }];
  });
}
