import { keyHolders } from "../domain/plan/claim.ts";
import type { RevokedKey, ShardBook } from "../domain/shard.ts";
import type { SharedSecret } from "../domain/shared-secret.ts";
import type { User } from "../domain/user.ts";

/**
 * The book that replaces another one, with what must not be forgotten of that: keys that a process may still accept although nobody
 * has them any more, and ports that links name. The same book where there is nothing of that kind.
 */
export function mergeBooks(
  next: ShardBook,
  present: ShardBook,
  users: readonly User[],
  sharedSecrets: readonly SharedSecret[],
): ShardBook {
  const isLost = ({ key }: RevokedKey) => keyHolders(key, users, sharedSecrets).length === 0;
  const known = new Set(next.revoking.map(({ key }) => key.reveal()));
  const lost = [...present.revoking, ...held(present)].filter((revoked) => isLost(revoked));
  const revoking = lost.filter(({ key }) => {
    const isNew = !known.has(key.reveal());
    known.add(key.reveal());
    return isNew;
  });
  const used = new Set([...next.retiredPorts, ...next.shards.map(({ port }) => port)]);
  const ports = [...present.retiredPorts, ...present.shards.map(({ port }) => port)];
  const retired = [...new Set(ports)].filter((port) => !used.has(port));
  if (revoking.length === 0 && retired.length === 0) return next;
  return {
    ...next,
    revoking: [...next.revoking, ...revoking],
    retiredPorts: [...next.retiredPorts, ...retired],
  };
}

function held({ shards }: ShardBook): RevokedKey[] {
  return shards.flatMap(({ id, slots }) =>
    slots.flatMap(({ key, holder, disabled }): RevokedKey[] =>
      holder === undefined || disabled === true ? [] : [{ key, holder, shardId: id }],
    ),
  );
}
