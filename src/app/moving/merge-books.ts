import { keyHolders } from "../../domain/plan/claim.ts";
import type { RevokedKey, Shard, ShardBook, Slot } from "../../domain/shard.ts";
import type { SharedSecret } from "../../domain/shared-secret.ts";
import type { User } from "../../domain/user.ts";

/** Who shall have which key afterwards. */
interface Wishes {
  readonly users: readonly User[];
  readonly sharedSecrets: readonly SharedSecret[];
  /** Trust no spare key. */
  readonly newSpares: boolean;
}

/**
 * The book that replaces another one, with what must not be forgotten of that: keys that a process may still accept although nobody
 * has them any more, ports that links name, and that a key which was spare then may have been given to somebody since, who may have
 * lost it again: only what is spare in both is. The same book where there is nothing of that kind.
 */
export function mergeBooks(next: ShardBook, present: ShardBook, wishes: Wishes): ShardBook {
  const { users, sharedSecrets } = wishes;
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
  const shards = withoutGivenKeys(next, present, wishes);
  if (revoking.length === 0 && retired.length === 0 && shards === next.shards) return next;
  return {
    ...next,
    shards,
    revoking: [...next.revoking, ...revoking],
    retiredPorts: [...next.retiredPorts, ...retired],
  };
}

/** The plan fills the places with new keys. */
function withoutGivenKeys(
  next: ShardBook,
  present: ShardBook,
  { users, sharedSecrets, newSpares }: Wishes,
): readonly Shard[] {
  const people = [...users.flatMap(({ secret }) => secret ?? []), ...sharedSecrets.map(({ secret }) => secret)];
  const claimed = new Set(people.map(({ key }) => key.reveal()));
  const unheld = present.shards.flatMap(({ slots }) => slots.filter(({ holder }) => holder === undefined));
  const spare = newSpares ? new Set<string>() : new Set(unheld.map(({ key }) => key.reveal()));
  const stays = ({ key, holder }: Slot) => holder !== undefined || claimed.has(key.reveal()) || spare.has(key.reveal());
  if (next.shards.every(({ slots }) => slots.every(stays))) return next.shards;
  return next.shards.map((shard) => ({ ...shard, slots: shard.slots.filter(stays) }));
}

function held({ shards }: ShardBook): RevokedKey[] {
  return shards.flatMap(({ id, slots }) =>
    slots.flatMap(({ key, holder, disabled }): RevokedKey[] =>
      holder === undefined || disabled === true ? [] : [{ key, holder, shardId: id }],
    ),
  );
}
