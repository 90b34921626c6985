import type { Engine, Instance } from "../../engine/engine.ts";

/** Clients with a live session by shard id; a shard that does not answer is left out, because unknown is not none. */
export async function connectedClients(engine: Engine, instances: readonly Instance[]): Promise<Map<number, number>> {
  const running = instances.filter((instance) => instance.running);
  const counts = await Promise.all(
    running.map(async ({ shardId }): Promise<[number, number] | undefined> => {
      try {
        return [shardId, (await engine.stats(shardId)).activeClients];
      } catch {
        return undefined;
      }
    }),
  );
  return new Map(counts.filter((entry) => entry !== undefined));
}
