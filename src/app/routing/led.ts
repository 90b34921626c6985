import type { Context } from "../../context.ts";
import { instanceAddress } from "../../domain/edge-network.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { InstanceName } from "../../engine/edge-engine.ts";
import { type Haproxy, usersBackend } from "../../haproxy.ts";

/** HAProxy's backend of a shard. */
export function shardBackend(shardId: number): string {
  return `shard${shardId}`;
}

/**
 * Where HAProxy leads everybody at this moment.
 * @returns leads them there again; gives what could not be done
 */
export async function wayBack(haproxy: Haproxy, shardIds: Iterable<number>): Promise<() => Promise<string[]>> {
  const backends = [...[...shardIds].map(shardBackend), usersBackend];
  const servers = await Promise.all(backends.map((backend) => haproxy.servers(backend)));
  return async () => {
    try {
      for (const [index, backend] of backends.entries()) {
        const there = new Set((await haproxy.servers(backend)).map(({ name }) => name));
        const known = (servers[index] ?? []).filter(({ name }) => there.has(name));
        for (const server of known) await haproxy.moveServer(server, backend);
      }
      return [];
    } catch (error) {
      return [`people could not be led back: ${wordsOf(error)}`];
    }
  };
}

/** Of these instances those that HAProxy leads nobody to; none where it cannot be asked. */
export async function unled(ctx: Context, names: readonly InstanceName[], subnet: string): Promise<InstanceName[]> {
  try {
    const haproxy = await ctx.haproxy();
    const backends = [...new Set(names.map(({ shardId }) => shardBackend(shardId))), usersBackend];
    const servers = (await Promise.all(backends.map((backend) => haproxy.servers(backend)))).flat();
    const inUse = new Set(servers.map(({ address }) => address));
    return names.filter(({ shardId, side }) => !inUse.has(instanceAddress(subnet, shardId, side)));
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}
