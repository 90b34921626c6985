import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { shown } from "../../domain/printable.ts";
import { shardName } from "../../domain/shard.ts";
import type { Engine } from "../../engine/engine.ts";
import { loadState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";

interface LogOptions {
  /** Number or name; all when absent. */
  readonly shard?: string | undefined;
  /** Lines of each from the end. */
  readonly tail: number;
  /** Takes keys out of what others wrote. */
  clean(line: string): string;
}

export interface ShardLog {
  readonly shardId: number;
  readonly name: string;
  /** Oldest first. */
  readonly lines: readonly string[];
}

export interface Logs {
  readonly shards: readonly ShardLog[];
}

/** What the proxies printed last. */
export async function readLogs(ctx: Context, options: LogOptions): Promise<Outcome<Logs>> {
  const { engine, ids } = await chooseShards(ctx, options.shard);
  const shards = ids.map(async (shardId) => ({
    shardId,
    name: shardName(shardId),
    lines: await collect(engine.logs(shardId, { tail: options.tail }), options.clean),
  }));
  return { data: { shards: await Promise.all(shards) } };
}

/** The same, and what they print from now on, line by line until they end. */
export async function followLogs(
  ctx: Context,
  options: LogOptions,
  show: (name: string | undefined, line: string) => void,
): Promise<void> {
  const { engine, ids } = await chooseShards(ctx, options.shard);
  const follow = async (shardId: number): Promise<void> => {
    const name = ids.length > 1 ? shardName(shardId) : undefined;
    for await (const line of engine.logs(shardId, { tail: options.tail, follow: true }))
      show(name, options.clean(line));
  };
  await Promise.all(ids.map(follow));
}

/** The whole state is read, because only keys that are known can be taken out of a line. */
async function chooseShards(ctx: Context, shard: string | undefined): Promise<{ engine: Engine; ids: number[] }> {
  const { settings, book } = await loadState(ctx);
  const engine = await ctx.engine(settings);
  const ids = book.shards.map(({ id }) => id);
  if (ids.length === 0) throw new AppError("not-found", "nothing was started yet", { hint: "mtproxy start" });
  if (shard === undefined) return { engine, ids };
  const found = ids.find((id) => [String(id), shardName(id)].includes(shard));
  if (found !== undefined) return { engine, ids: [found] };
  throw new AppError("not-found", `there is no shard "${shown(shard)}"`, {
    hint: `mtproxy status shows them; here: ${ids.map((id) => `${id} (${shardName(id)})`).join(", ")}`,
  });
}

async function collect(lines: AsyncIterable<string>, clean: (line: string) => string): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(clean(line));
  return all;
}
