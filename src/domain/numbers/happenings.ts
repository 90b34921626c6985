import { agentNumbers } from "../agent.ts";
import { HAPROXY_NAME } from "../edge.ts";
import { entryOf } from "../entry-of.ts";
import { shardName } from "../shard.ts";
import type { Conditions, ShardCondition } from "./conditions.ts";
import type { HistoryEvent } from "./history.ts";

type Happening = Omit<HistoryEvent, "at">;

/** What has changed between two looks, as people read it. Nothing at the first one: nobody knows how it was before. */
export function happenings(before: Conditions, now: Conditions, at: Date): HistoryEvent[] {
  const all = [...ofShards(before, now), ...ofHaproxy(before, now), ...ofAgents(before, now), ...ofPeople(before, now)];
  return all.map((happening) => ({ at: at.getTime(), ...happening }));
}

function ofShards(before: Conditions, now: Conditions): Happening[] {
  const ids = Object.keys(now.shards ?? {});
  return [...ids.flatMap((id) => ofShard(id, before.shards?.[id], now.shards?.[id])), ...restarts(before, now)];
}

function ofShard(id: string, before: ShardCondition | undefined, now: ShardCondition | undefined): Happening[] {
  if (before === undefined || now === undefined) return [];
  const [subject, wasDown, isDown] = [shardName(Number(id)), isOut(before), isOut(now)];
  if (wasDown && !isDown) return now === "up" ? [{ kind: "shard-up", subject, words: `${subject} serves again` }] : [];
  if (wasDown || !isDown) return [];
  const what = now === "stopped" ? "does not run" : "runs and does not answer";
  return [{ kind: "shard-down", subject, words: `${subject} ${what}` }];
}

function isOut(condition: ShardCondition): boolean {
  return condition === "stopped" || condition === "silent";
}

/** One that takes another's place beside it, in edge routing, cuts nobody and is none. */
function restarts(before: Conditions, now: Conditions): Happening[] {
  const again = Object.entries(now.starts ?? {}).filter(
    ([place, start]) => (before.starts?.[place] ?? start) !== start,
  );
  return again.map(([place]) => {
    const subject = shardName(Number.parseInt(place, 10));
    return { kind: "shard-restart", subject, words: `${subject} was started anew` };
  });
}

function ofHaproxy(before: Conditions, now: Conditions): Happening[] {
  const subject = HAPROXY_NAME;
  const say = (kind: string, words: string): Happening[] => [{ kind, subject, words: `${subject} ${words}` }];
  if (before.haproxy === "running" && now.haproxy === "gone") return say("haproxy-down", "does not run");
  if (before.haproxy === "gone" && now.haproxy === "running") return say("haproxy-up", "runs again");
  if (before.worker === undefined || before.worker === now.worker) return [];
  const goesOn = before.workers?.some((mark) => now.workers?.includes(mark) === true) === true;
  return goesOn
    ? say("haproxy-reload", "has loaded its configuration anew")
    : say("haproxy-restart", "was started anew");
}

function ofAgents(before: Conditions, now: Conditions): Happening[] {
  const [was, is] = [before.agents, now.agents];
  if (was === undefined || is === undefined || was === is) return [];
  const words = `${is} of ${agentNumbers.length} agents answer`;
  return [{ kind: is < was ? "agents-away" : "agents-back", subject: "agents", words }];
}

function ofPeople({ refused: before }: Conditions, { refused: now = {} }: Conditions): Happening[] {
  if (before === undefined) return [];
  const refused = Object.entries(now).filter(([name]) => entryOf(before, name) === undefined);
  const letIn = Object.keys(before).filter((name) => entryOf(now, name) === undefined);
  return [
    ...refused.map(([subject, why]) => ({
      kind: "refused",
      subject,
      words: `${subject}: ${why}, refused from now on`,
    })),
    ...letIn.map((subject) => ({ kind: "let-in", subject, words: `${subject}: let in again` })),
  ];
}
