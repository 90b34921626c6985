import { AppError } from "../errors.ts";
import { shardName } from "../shard.ts";
import type { DraftShard } from "./draft.ts";
import type { PlanInput } from "./types.ts";

const FIRST = 1;
const LAST_PORT = 65_535;

/**
 * Another port for every shard: the first gets the set one in any case, the others the next free ones behind `portsFrom`. A port that
 * one of them has now is not free: its process holds it until it restarts. Where the first has that port already, this was done
 * before, and whoever is behind it stays.
 * @throws AppError conflict, naming the shards for which there is no port
 */
export function renumberPorts(
  shards: readonly DraftShard[],
  { portsFrom, settings, book, busyPorts = new Set() }: PlanInput,
): void {
  if (portsFrom === undefined) return;
  const present = [...book.shards, ...shards].map(({ port }) => port);
  const taken = new Set([portsFrom, settings.port, ...book.retiredPorts, ...present, ...busyPorts]);
  const isDone = shards.some(({ id, port }) => id === FIRST && port === portsFrom);
  const due = shards.filter(({ id, port }) => id !== FIRST && !(isDone && port > portsFrom));
  let next = portsFrom;
  for (const [index, shard] of due.entries()) {
    while (taken.has(next)) next += 1;
    if (next > LAST_PORT) throw noneBehind(portsFrom, due.slice(index));
    taken.add(next);
    if (!shard.isNew) shard.reasons.push(`the port changes from ${shard.port} to ${next}`);
    shard.port = next;
  }
}

function noneBehind(port: number, left: readonly DraftShard[]): AppError {
  const names = left.map(({ id }) => shardName(id)).join(", ");
  return new AppError("conflict", `no port behind ${port} is free for ${names}, so nobody's port changes`, {
    hint: "name a smaller one: every proxy needs a port of its own, from that one on",
  });
}
