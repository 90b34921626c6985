import type { ModeFamily } from "../shard.ts";
import { claimsOf } from "./claim.ts";
import { completeShard } from "./complete.ts";
import { describePlan } from "./describe.ts";
import type { DraftShard } from "./draft.ts";
import { newShard, openDefaultShard, portSupply } from "./open-shard.ts";
import { placeClaims } from "./place.ts";
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
  const { book, capabilities, newKey } = input;
  const claims = claimsOf(input.users, input.sharedSecrets, capabilities);
  const open = new Map(claims);
  const drafts = retainShards(book.shards, open, capabilities, newKey);
  const ports = portSupply(input, drafts);
  const openShard = (family: ModeFamily, coverDomains: readonly string[]): DraftShard =>
    newShard(drafts, family, coverDomains, ports);

  if (drafts.length === 0) drafts.push(openDefaultShard(input, openShard));
  placeClaims(open.values(), drafts, { capabilities, allowRestart: input.allowRestart ?? false, open: openShard });
  const kept = drafts.filter((shard) => !isSuperfluous(shard, drafts));
  refuseOthersPort(input.settings.port, kept);
  for (const shard of kept) completeShard(shard, input);
  return describePlan(book, claims, kept);
}
