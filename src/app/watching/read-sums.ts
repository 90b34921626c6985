import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { type HistoryPoint, resolutions, type UserSums } from "../../domain/numbers/history.ts";
import { parseMoment } from "../../domain/numbers/moment.ts";
import { timePieces } from "../../domain/numbers/time-pieces.ts";
import { findUser } from "../../domain/user.ts";
import type { HistoryReader } from "../../history.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { sortPeople } from "./sort-people.ts";

/** What was from then until now. */
export interface Sums {
  /** ISO 8601. */
  readonly since: string;
  readonly until: string;
  /** Seconds of that time which the daemon watched; what was at other times is found afterwards where HAProxy recorded it. */
  readonly watchedSeconds: number;
  /** Everybody; the bytes are of people where they are told apart, and else over all sockets of the proxies, those to Telegram too. */
  readonly everybody: Pick<PersonSums, "bytesIn" | "bytesOut" | "connections" | "mostActive">;
  /** Those with any figure, the busiest first. */
  readonly users: readonly PersonSums[];
}

export interface PersonSums {
  readonly username: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** That began. */
  readonly connections: number;
  /** The most that were open at one look; null when nobody could tell. */
  readonly mostActive: number | null;
  /** ISO 8601, ever. */
  readonly lastSeen: string | null;
}

export interface SumsOptions {
  /** As `parseMoment` reads it. */
  readonly since: string;
  /** Of this person only. */
  readonly name?: string | undefined;
}

const HOUR_MS = 3_600_000;

/** @throws AppError invalid for no moment of the past, not-found for nobody, environment where there is no history */
export async function readSums(ctx: Context, { since: from, name }: SumsOptions): Promise<Outcome<Sums>> {
  await loadSettings(ctx);
  const now = ctx.clock.now();
  const since = pastMoment(from, now);
  // A bucket that has begun is whole with what is in it: the next one begins after now.
  const until = Math.ceil((now.getTime() + 1) / HOUR_MS) * HOUR_MS;
  const wanted = name === undefined ? undefined : findUser((await ctx.stores.users.read()).users, name).name;
  const history = await ctx.historyReader();
  try {
    const [points, users] = await Promise.all([pointsOfAll(history, since, until, now), history.users(since, until)]);
    const shown = users.filter((user) => wanted === undefined || user.name === wanted).map(personSums);
    const [first, last] = [new Date(since).toISOString(), now.toISOString()];
    const { seconds: watchedSeconds, ...everybody } = sumsOf(points);
    return { data: { since: first, until: last, watchedSeconds, everybody, users: sortPeople(shown, "traffic") } };
  } finally {
    await history.close();
  }
}

/** Of the same minutes and hours that people's sums are made of. */
async function pointsOfAll(history: HistoryReader, since: number, until: number, now: Date): Promise<HistoryPoint[]> {
  const { pieces } = timePieces(since, until, now.getTime());
  const found = await Promise.all(
    pieces.map(({ resolution, ...piece }) => {
      const length = resolutions[resolution] * 1000;
      const time = { since: piece.from * length, until: piece.until * length };
      return history.points({ kind: "all", name: "", ...time, resolution });
    }),
  );
  return found.flatMap(({ points }) => points);
}

function pastMoment(text: string, now: Date): number {
  const since = parseMoment(text, now);
  if (since < now.getTime()) return since;
  throw new AppError("invalid", `${new Date(since).toISOString()} has not come yet`, {
    hint: "for instance --since 7d",
  });
}

function personSums({ name, opened, lastSeen, ...sums }: UserSums): PersonSums {
  const seen = lastSeen === null ? null : new Date(lastSeen).toISOString();
  return { username: name, ...sums, connections: opened, lastSeen: seen };
}

function sumsOf(points: readonly HistoryPoint[]) {
  const sum = (figure: "bytesIn" | "bytesOut" | "opened" | "seconds") =>
    points.reduce((total, point) => total + point[figure], 0);
  const active = points.flatMap((point) => point.active ?? []);
  return {
    ...{ bytesIn: sum("bytesIn"), bytesOut: sum("bytesOut"), connections: sum("opened"), seconds: sum("seconds") },
    mostActive: active.length === 0 ? null : Math.max(...active),
  };
}
