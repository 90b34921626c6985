import type { RevealedLink } from "../../app/stats-api/reveal-link.ts";
import type { Snapshot } from "../../domain/numbers/snapshot.ts";
import type { NumbersSource } from "../../domain/numbers/source.ts";
import type { LinkAnswer } from "./answers.ts";
import { EventStreams } from "./event-streams.ts";
import { healthAnswer } from "./health.ts";
import { historyAnswerText, historyEventsAnswer, historyUsersAnswer } from "./history.ts";
import { openApi } from "./openapi.ts";
import { personOf } from "./person.ts";
import { type Prepared, prepare, prepareJson } from "./prepared.ts";
import { errorText } from "./refusals.ts";
import type { RoutePath } from "./routes.ts";
import { statsOf, usersOf } from "./stats.ts";

/** What somebody asked for; valid as far as the table of routes says. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | number | undefined>>;
}

export interface Answer {
  readonly status?: number;
  /** JSON unless told otherwise. */
  readonly type?: string;
  readonly prepared: Prepared;
  /** Nobody keeps it, or asks whether it is still so. */
  readonly isUnkept?: true;
}

/** What answers /metrics; src/analytics/metrics is one, a single one for a process: who has series of their own may not change. */
export interface MetricsPage {
  readonly contentType: string;
  /** @param users how many people have series of their own */
  text(snapshot: Snapshot | undefined, users: number): Promise<string>;
}

export interface HandlerParts {
  readonly source: NumbersSource;
  readonly metrics: MetricsPage;
  readonly metricsUsers: number;
  readonly version: string;
  readonly port: number;
  now(): Date;
  /** Undefined where no token is asked for: then nobody sees a link. */
  readonly reveal: ((name: string) => Promise<RevealedLink>) | undefined;
}

/** Of every path but the stream of events. */
export type Handlers = Readonly<Record<Exclude<RoutePath, "/api/events">, (asked: Asked) => Promise<Answer>>>;

/** The answer to each path. Throws AppError for what cannot be answered. */
export function createHandlers(parts: HandlerParts): { readonly handlers: Handlers; readonly streams: EventStreams } {
  const { source, metrics, metricsUsers, version, port, now, reveal } = parts;
  const since = now().toISOString();
  const stats = onceALook((snapshot) => prepareJson(statsOf(snapshot)));
  const users = onceALook((snapshot) => prepareJson(usersOf(snapshot)));
  let document: Prepared | undefined;
  const streams = new EventStreams(source, () => {
    const snapshot = source.latest();
    return snapshot && stats(snapshot).body.toString();
  });
  const history = () => source.history();
  const handlers: Handlers = {
    "/api/stats": afterLook(source, async (snapshot) => stats(snapshot)),
    "/api/users": afterLook(source, async (snapshot) => users(snapshot)),
    "/api/users/{name}": afterLook(source, async (snapshot, { params }) =>
      prepareJson(await personOf(source, snapshot, params.name ?? "", now())),
    ),
    "/api/users/{name}/link": async ({ params }) => {
      if (reveal === undefined) return noLinks;
      return { prepared: prepareJson(linkAnswer(await reveal(params.name ?? ""), source.latest())), isUnkept: true };
    },
    "/api/history": async ({ query }) => ({
      prepared: prepare(Buffer.from(await historyAnswerText(await history(), query, now()))),
    }),
    "/api/history/users": async ({ query }) => ({
      prepared: prepareJson(await historyUsersAnswer(await history(), query, now())),
    }),
    "/api/history/events": async ({ query }) => ({
      prepared: prepareJson(await historyEventsAnswer(await history(), query)),
    }),
    "/api/health": async () => {
      const answer = await healthAnswer(source, { version, since }, now());
      return { status: answer.ok ? 200 : 503, prepared: prepareJson(answer) };
    },
    "/api/openapi.json": async () => {
      document ??= prepare(Buffer.from(JSON.stringify(openApi({ version, port }))));
      return { prepared: document };
    },
    "/metrics": async () => ({
      type: metrics.contentType,
      prepared: prepare(Buffer.from(await metrics.text(source.latest(), metricsUsers))),
    }),
  };
  return { handlers, streams };
}

/** Whoever sees the link sees whether it works: an expired one looks like any other. */
function linkAnswer(revealed: RevealedLink, snapshot: Snapshot | undefined): LinkAnswer {
  const user = snapshot?.users.find(({ name }) => name === revealed.username);
  return { ...revealed, refusal: user?.refusal ?? null };
}

/** Before the first look nobody can tell anything. */
function afterLook(
  source: NumbersSource,
  make: (snapshot: Snapshot, asked: Asked) => Promise<Prepared>,
): (asked: Asked) => Promise<Answer> {
  return async (asked) => {
    const snapshot = source.latest();
    return snapshot === undefined ? notReady : { prepared: await make(snapshot, asked) };
  };
}

const notReady = refusal(503, "not-ready", "the collector has not looked yet", "ask again in some seconds");

const noLinks = refusal(
  403,
  "forbidden",
  "links are shown only where a token is asked for, and none is",
  "mtproxy stats-api start --token",
);

function refusal(status: number, ...error: Parameters<typeof errorText>): Answer {
  return { status, prepared: prepare(Buffer.from(errorText(...error))), isUnkept: true };
}

/** Thousands may ask between two looks. */
function onceALook(make: (snapshot: Snapshot) => Prepared): (snapshot: Snapshot) => Prepared {
  let last: { readonly of: Snapshot; readonly made: Prepared } | undefined;
  return (snapshot) => {
    if (last?.of !== snapshot) last = { of: snapshot, made: make(snapshot) };
    return last.made;
  };
}
