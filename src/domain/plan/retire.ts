import { type DraftShard, isEmpty, serves, spareSlots } from "./draft.ts";

/** An empty shard goes when another one can take the next user of its kind; the first shard, on the set port, stays. */
export function isSuperfluous(shard: DraftShard, drafts: readonly DraftShard[]): boolean {
  if (shard.id === 1 || !isEmpty(shard)) return false;
  return drafts.some((other) => other !== shard && !isEmptyAndLater(other, shard) && canReplace(other, shard));
}

function isEmptyAndLater(other: DraftShard, shard: DraftShard): boolean {
  return isEmpty(other) && other.id > shard.id;
}

function canReplace(other: DraftShard, shard: DraftShard): boolean {
  return (
    spareSlots(other) > 0 &&
    shard.coverDomains.every((domain) => serves(other, shard.family, domain)) &&
    other.family === shard.family &&
    other.group === shard.group
  );
}
