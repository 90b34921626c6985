import { AppError } from "../../domain/errors.ts";
import { bucketsEnd } from "../../domain/numbers/buckets-end.ts";
import { chooseResolution } from "../../domain/numbers/choose-resolution.ts";
import { type HistoryQuery, resolutions, seriesKinds } from "../../domain/numbers/history.ts";
import { parseMoment } from "../../domain/numbers/moment.ts";
import type { HistoryReader } from "../../history.ts";
import type { HistoryEventsAnswer, HistoryUsersAnswer } from "./answers.ts";
import type { Asked } from "./handlers.ts";
import { historyText } from "./history-text.ts";
import { EVENTS } from "./routes.ts";

type Query = Asked["query"];

/** The answer's JSON. @throws AppError invalid for times in the wrong order, or a name that does not fit the kind */
export async function historyAnswerText(history: HistoryReader, query: Query, now: Date): Promise<string> {
  const { resolution: wanted, ...asked } = seriesAsked(query, now);
  const resolution = wanted ?? chooseResolution(asked, now.getTime());
  const step = resolutions[resolution];
  const until = bucketsEnd(asked.until, step, now.getTime());
  return historyText({ ...asked, step }, await history.pointsText({ ...asked, until, resolution }));
}

export async function historyUsersAnswer(history: HistoryReader, query: Query, now: Date): Promise<HistoryUsersAnswer> {
  const { since, until } = timesAsked(query, now);
  return { since, until, users: await history.users(since, bucketsEnd(until, resolutions.minute, now.getTime())) };
}

export async function historyEventsAnswer(history: HistoryReader, { limit }: Query): Promise<HistoryEventsAnswer> {
  return { events: await history.events(Number(limit ?? EVENTS.usual)) };
}

function seriesAsked(query: Query, now: Date): HistoryQuery {
  const kind = seriesKinds.find((it) => it === query.kind) ?? "all";
  const name = String(query.name ?? "");
  if (kind === "all" && name !== "")
    throw new AppError("invalid", "kind all has no name", { hint: "kind=user&name=alice, or kind=shard&name=1" });
  if (kind !== "all" && name === "")
    throw new AppError("invalid", `kind ${kind} needs a name`, { hint: "kind=user&name=alice, or kind=shard&name=1" });
  const resolution = Object.keys(resolutions).find((it): it is keyof typeof resolutions => it === query.resolution);
  return { kind, name, ...timesAsked(query, now), ...(resolution === undefined ? {} : { resolution }) };
}

function timesAsked({ since, until }: Query, now: Date): { since: number; until: number } {
  const [from, to] = [
    parseMoment(String(since ?? "24h"), now),
    until === undefined ? now.getTime() : parseMoment(String(until), now),
  ];
  if (from < to) return { since: from, until: to };
  throw new AppError("invalid", "since must be before until", { hint: "since=7d is seven days ago, and until is now" });
}
