import { claimsOf } from "./claim.ts";
import { completeShard } from "./complete.ts";
import { describePlan } from "./describe.ts";
import type { ShardKind } from "./draft.ts";
import { groupsApart } from "./groups.ts";
import { newShard, openDefaultShard, portSupply, startsWithDefault } from "./open-shard.ts";
import { placeClaims } from "./place.ts";
import { renumberPorts } from "./renumber.ts";
import { retainShards } from "./retain.ts";
import { isSuperfluous } from "./retire.ts";
import { refuseOthersPort } from "./set-port.ts";
import type { Plan, PlanInput } from "./types.ts";

/**
 * From what is wanted to the shards that serve it: a pure function, but for the keys that it is handed. Placement is stable: whoever
 * has a place keeps it until the key goes, the mode changes or the engine cannot run the shard.
 * @throws AppError conflict when the port range has no port left, or the set port is that of another shard
 */
export function makePlan(input: PlanInput): Plan {
  const { book, capabilities } = input;
  const claims = claimsOf(input.users, input.sharedSecrets, capabilities, groupsApart(input));
  const open = new Map(claims);
  const drafts = retainShards(input, open);
  const ports = portSupply(input, drafts);
  const openShard = (kind: ShardKind) => newShard(drafts, kind, ports);

  if (drafts.length === 0 && startsWithDefault(input, open.values())) drafts.push(openDefaultShard(input, openShard));
  placeClaims(open.values(), drafts, { capabilities, allowRestart: input.allowRestart ?? false, open: openShard });
  const kept = drafts.filter((shard) => !isSuperfluous(shard, drafts));
  refuseOthersPort(input.settings.port, kept);
  renumberPorts(kept, input);
  for (const shard of kept) completeShard(shard, input);
  return describePlan(book, claims, kept);
}
