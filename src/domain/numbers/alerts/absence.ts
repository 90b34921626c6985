import type { ShardFigures, Snapshot } from "../snapshot.ts";
import type { AlertKind } from "./kinds.ts";
import { type AlertFacts, crowdOf, isHaproxyAway, isServing } from "./trouble.ts";

/** What it means that a look does not show a trouble: it is over, nobody can tell now, or there is nothing left that could have it. */
export type Absence = "gone" | "unseen" | "void";

/** Of a trouble that this look does not show. What cannot be seen is not over: nobody is told so before somebody has looked. */
export function absenceOf(kind: AlertKind, subject: string, snapshot: Snapshot, facts: AlertFacts): Absence {
  switch (kind) {
    case "proxy-down":
      return absenceOfDown(subject, snapshot);
    case "upstream-not-ready":
      return absenceInShard(subject, snapshot, (shard) => isServing(shard) && shard.readyTargets !== null);
    case "blocked":
      return seen(crowdOf(snapshot) !== undefined && facts.usual !== undefined);
    case "disk-low":
      return seen(snapshot.host.diskFreeBytes !== null);
    case "certificate":
      return facts.certificate === null ? "void" : seen(facts.certificate !== undefined);
    case "clock":
      return seen(facts.clock !== undefined);
    default:
      return "gone";
  }
}

/** While all of it is down nothing is told of the parts, and HAProxy before them is a reason that people cannot get in. */
function absenceOfDown(subject: string, snapshot: Snapshot): Absence {
  const { edge, shards } = snapshot;
  // Nobody has a link any more: see `isExpected`.
  if (subject === "" && shards.length === 0) return "void";
  if (subject === "HAProxy") return edge === null ? "void" : seen(!isHaproxyAway(edge));
  return subject === "" ? seen(edge === null || !isHaproxyAway(edge)) : absenceInShard(subject, snapshot, isServing);
}

/** Where an engine cannot be asked there are no shards at all. */
function absenceInShard(name: string, { shards }: Snapshot, isSeen: (shard: ShardFigures) => boolean): Absence {
  const shard = shards.find((it) => it.name === name);
  if (shard === undefined) return shards.length === 0 ? "unseen" : "void";
  return seen(isSeen(shard));
}

function seen(isSeen: boolean): Absence {
  return isSeen ? "gone" : "unseen";
}
