import type { Claim } from "./claim.ts";
import type { PlanInput } from "./types.ts";

const none: ReadonlyMap<string, string> = new Map();

/** Groups that are kept on shards of their own, with their tags. Where no process carries a tag there are none. */
export function groupsApart({
  capabilities,
  groupTags = none,
}: Pick<PlanInput, "capabilities" | "groupTags">): ReadonlyMap<string, string> {
  return capabilities.carriesTag ? groupTags : none;
}

/** The group, where it is kept apart; everybody else belongs together. */
export function groupApart(group: string | undefined, apart: ReadonlyMap<string, string>): string | undefined {
  return group !== undefined && apart.has(group) ? group : undefined;
}

/**
 * Whose a shard is from now on. It stays its group's as long as somebody of that is on it. Where only people of one other group are
 * on it, because theirs has just got a tag or lost it, it becomes theirs and nobody moves. An empty one stays what it is, and without
 * a tag of the group a shard is everybody's.
 * @param claims of its slots; only those count that it can serve
 */
export function groupOfShard(
  group: string | undefined,
  claims: readonly (Claim | undefined)[],
  apart: ReadonlyMap<string, string>,
  canServe: (claim: Claim) => boolean,
): string | undefined {
  if (apart.size === 0) return undefined;
  const groups = new Set(claims.flatMap((claim) => (claim !== undefined && canServe(claim) ? [claim.group] : [])));
  const [only] = groups;
  return groups.size === 1 ? only : groupApart(group, apart);
}
