import type { Context } from "../../context.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { EdgeSight, EngineSight, LedgerSight, NoSight, Sight } from "../../domain/numbers/sight.ts";
import type { HostFigures } from "../../domain/numbers/snapshot.ts";
import type { PassingRefusals } from "../../domain/refusals.ts";
import type { Settings } from "../../domain/settings.ts";
import type { User } from "../../domain/user.ts";
import type { Engine } from "../../engine/engine.ts";
import type { LivingWorker } from "../../haproxy.ts";
import { lookAtEdge, openByAccount } from "./look-at-edge.ts";
import { lookAtShards, lookAtUsers, unlessFailed } from "./look-at-shards.ts";
import type { Patience } from "./patience.ts";

/** What the daemon knows without looking. */
export interface DaemonSight {
  readonly settings: Settings;
  readonly users: readonly User[];
  readonly refusals: PassingRefusals;
  readonly ledger: Ledger;
  /** Of HAProxy, as they were a moment ago; undefined when that is not known. */
  readonly workers: readonly LivingWorker[] | undefined;
  /** Everything that HAProxy recorded before the daemon was started is in the ledger. */
  readonly isPastRead: boolean;
}

/** What the collector itself remembers from look to look. */
export interface Remembered {
  readonly elapsed: number | null;
  readonly lastSeen: Readonly<Record<string, number>>;
  readonly households: Readonly<Record<string, number>>;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly ended: Readonly<Record<string, number>>;
}

const SILENT: EngineSight = { from: "engine", start: "", users: undefined, running: true };
/** The C proxy counts all of its clients together. */
const NO_PEOPLE = "figures of each person need HAProxy routing";

/** Looks at everything there is to see, once. What cannot be asked, or does not answer in time, is missing, and nothing throws for that. */
export async function takeSight(
  ctx: Context,
  daemon: DaemonSight,
  remembered: Remembered,
  patience: Patience,
): Promise<Sight> {
  const { settings, users, refusals } = daemon;
  const engine = await ctx.engine(settings);
  const isEdge = settings.routing === "edge";
  const at = ctx.clock.now();
  const [ofEngine, traffic, edge, host] = await Promise.all([
    patience.ask("shards", () => lookAtShards(ctx, engine)),
    lookAtTraffic(ctx, engine, daemon, { ended: remembered.ended, at }, patience),
    isEdge && engine.edge !== undefined ? lookAtEdge(ctx, engine.edge, patience) : null,
    lookAtHost(ctx),
  ]);
  const { elapsed, lastSeen, households, verdicts } = remembered;
  return {
    at,
    elapsed,
    routing: settings.routing,
    people: { users, refusals, traffic, lastSeen, households: isEdge ? households : null },
    edge: edge === null ? null : withVerdicts(edge, verdicts),
    ...(ofEngine ?? { shards: undefined, resources: undefined }),
    host,
  };
}

function withVerdicts(edge: Omit<EdgeSight, "verdicts">, verdicts: Remembered["verdicts"]): EdgeSight {
  return { ...edge, verdicts };
}

async function lookAtTraffic(
  ctx: Context,
  engine: Engine,
  { settings, ledger, workers: known, isPastRead }: DaemonSight,
  { ended, at }: { readonly ended: Remembered["ended"]; readonly at: Date },
  patience: Patience,
): Promise<LedgerSight | EngineSight | NoSight> {
  if (settings.routing !== "edge") {
    if (engine.userStats === undefined) return { from: "nobody", why: NO_PEOPLE };
    return (await patience.ask("people", () => lookAtUsers(engine))) ?? SILENT;
  }
  const workers = known ?? (await unlessFailed(async () => (await ctx.haproxy()).workers()));
  return {
    from: "ledger",
    accounts: new Map(ledger.accounts),
    open: workers === undefined ? undefined : openByAccount(workers),
    ended,
    workers: isPastRead ? (workers ?? []).map(({ mark }) => mark) : [],
    used: (account, period) => ledger.used(account, period, at),
  };
}

async function lookAtHost({ host, paths }: Context): Promise<HostFigures> {
  const [load, space] = [await host.load(), await unlessFailed(() => host.freeSpace(paths.home))];
  return { ...load, diskBytes: space?.totalBytes ?? null, diskFreeBytes: space?.bytes ?? null };
}
