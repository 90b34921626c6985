import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { type Side, shardName } from "../../domain/shard.ts";
import type { Engine } from "../../engine/engine.ts";

/** Targets are ready 0.2 s after a start that waits for nothing, 20 s after one with a cover domain whose DNS is dead (measured). */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 150;

type Sides = ReadonlyMap<number, Side>;

interface HealthOptions {
  readonly patienceMs?: number;
  /** Which instance of a shard is waited for; without it the one that serves. */
  readonly sides?: Sides;
}

/**
 * Waits until every shard has a connection to Telegram: `total_ready_targets` > 0 is the only sign of health, an open port is none.
 * @throws AppError engine when one exits, restarts by itself, or is not ready in time
 */
export async function waitUntilHealthy(
  ctx: Context,
  engine: Engine,
  shardIds: readonly number[],
  { patienceMs = PATIENCE_MS, sides = new Map() }: HealthOptions = {},
): Promise<void> {
  const deadline = ctx.clock.now().getTime() + patienceMs;
  let waiting = shardIds;
  let told = false;
  while (waiting.length > 0) {
    await refuseDead(engine, waiting, sides);
    const ready = await Promise.all(waiting.map((id) => isReady(engine, id, sides.get(id))));
    waiting = waiting.filter((_, index) => ready[index] !== true);
    if (waiting.length === 0) return;
    if (ctx.clock.now().getTime() > deadline)
      throw await withItsWords(engine, waiting, sides, notReady(waiting, patienceMs));
    if (!told) ctx.progress.step(`waiting for ${waiting.map(shardName).join(", ")} to reach Telegram …`);
    told = true;
    await ctx.clock.sleep(PAUSE_MS);
  }
}

async function isReady(engine: Engine, shardId: number, side: Side | undefined): Promise<boolean> {
  try {
    return (await engine.stats(shardId, side)).readyTargets > 0;
  } catch {
    return false;
  }
}

async function refuseDead(engine: Engine, shardIds: readonly number[], sides: Sides): Promise<void> {
  const instances = [...(await engine.instances()), ...(sides.size === 0 ? [] : ((await engine.edge?.others()) ?? []))];
  for (const id of shardIds) {
    const wanted = sides.get(id);
    const instance = instances.find(
      ({ shardId, side = "a" }) => shardId === id && (wanted === undefined || wanted === side),
    );
    if (instance?.running === true && instance.restarts === 0) continue;
    const code = instance?.exitCode === undefined ? "" : ` with exit code ${instance.exitCode}`;
    throw await withItsWords(
      engine,
      [id],
      sides,
      new AppError("engine", `${shardName(id)} ended right after its start${code}`),
    );
  }
}

function notReady(shardIds: readonly number[], patienceMs: number): AppError {
  return new AppError(
    "engine",
    `${shardIds.map(shardName).join(", ")} got no connection to Telegram within ${patienceMs / 1000} s`,
    {
      hint: "is Telegram reachable from here, is egress_ipv4 the address it sees, is the clock right?",
    },
  );
}

/** The proxy's own last lines go into the error: when the configuration before comes back, its container is gone. */
async function withItsWords(
  engine: Engine,
  shardIds: readonly number[],
  sides: Sides,
  error: AppError,
): Promise<AppError> {
  const lines: string[] = [];
  for (const id of shardIds.slice(0, 2)) lines.push(...(await lastLines(engine, id, sides.get(id))));
  if (lines.length === 0) return error;
  const said = lines.map((line) => `\n  ${line}`).join("");
  return new AppError(
    error.kind,
    `${error.message}. It said:${said}`,
    error.hint === undefined ? {} : { hint: error.hint },
  );
}

async function lastLines(engine: Engine, shardId: number, side: Side | undefined): Promise<string[]> {
  const lines: string[] = [];
  try {
    for await (const line of engine.logs(shardId, { tail: 8, ...(side === undefined ? {} : { side }) }))
      lines.push(line);
  } catch {
    // Nothing was started that could have said anything.
  }
  return lines;
}
