import type { DraftShard } from "./draft.ts";
import { groupsApart } from "./groups.ts";
import { fillWithSpares } from "./place.ts";
import type { PlanInput } from "./types.ts";

/** Gives a shard whatever it needs beside its holders: spare keys, pinned addresses, the tag, and the first one the set port. */
export function completeShard(shard: DraftShard, input: PlanInput): void {
  const { capabilities, settings, newKey, addresses = {} } = input;
  fillWithSpares(shard, capabilities, newKey);
  if (shard.family === "any") listClaimedDomains(shard);
  const tag = capabilities.carriesTag ? (groupsApart(input).get(shard.group ?? "") ?? input.tag) : undefined;
  if (shard.tag !== tag && !shard.isNew) shard.reasons.push("the promoted channel changes");
  shard.tag = tag;
  if (shard.id === 1 && shard.port !== settings.port) {
    shard.reasons.push(`the port changes from ${shard.port} to ${settings.port}`);
    shard.port = settings.port;
  }
  shard.pinned = pinsOf(shard, addresses);
}

/** A known address is only renewed where the process restarts anyway: other shards with the same domain are left alone. */
function pinsOf({ coverDomains, pinned, isNew, reasons }: DraftShard, addresses: Readonly<Record<string, string>>) {
  const renews = isNew || reasons.length > 0;
  return Object.fromEntries(
    coverDomains.flatMap((domain) => {
      const address = renews ? (addresses[domain] ?? pinned[domain]) : (pinned[domain] ?? addresses[domain]);
      return address === undefined ? [] : [[domain, address]];
    }),
  );
}

function listClaimedDomains(shard: DraftShard): void {
  for (const { claim } of shard.slots) {
    if (claim?.domain !== undefined && !shard.coverDomains.includes(claim.domain))
      shard.coverDomains.push(claim.domain);
  }
}
