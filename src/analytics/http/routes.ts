import { type JsonSchema, type Schema, text } from "../../schemas/schema.ts";
import {
  healthAnswer,
  historyAnswer,
  historyEventsAnswer,
  historyUsersAnswer,
  kind,
  linkAnswer,
  resolution,
  statsAnswer,
  userAnswer,
  usersAnswer,
} from "./schemas/answers.ts";

/** What can be asked for: the one table that the server and the OpenAPI document are made from. */

export interface Parameter {
  readonly place: "path" | "query";
  readonly json: JsonSchema;
}

export interface Route {
  readonly summary: string;
  /** By name. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** Of JSON; absent for what answers with something else. */
  readonly answer?: Pick<Schema<unknown>, "json">;
  /** Media type of what is no JSON. */
  readonly type?: string;
  /** Other statuses than 200 and those that every path has. */
  readonly statuses: readonly number[];
}

export const EVENT_STREAM = "text/event-stream";

/** How many events at most are asked for at once, and how many are told unasked. */
export const EVENTS = { most: 500, usual: 50 } as const;

/** Nobody can tell anything before the first look. */
const NOT_READY = 503;

const name: Parameter = {
  place: "path",
  json: text("Name of a person, without regard to case", { minLength: 1, maxLength: 200 }).json,
};

const query = (json: JsonSchema): Parameter => ({ place: "query", json });
const moment = (description: string) =>
  query(
    text(`${description}: 7d or 24h (ago), 2026-11-01, 2026-11-01T18:00Z, or Unix milliseconds`, { minLength: 1 }).json,
  );
const times = {
  since: moment("From when; 24 hours ago"),
  until: moment("Until when; now, with all of the bucket that it is now"),
};

export const routes = {
  "/api/stats": {
    summary: "everything at one instant, as the collector last looked",
    parameters: {},
    answer: statsAnswer,
    statuses: [304, NOT_READY],
  },
  "/api/users": {
    summary: "the figures of everybody",
    parameters: {},
    answer: usersAnswer,
    statuses: [304, NOT_READY],
  },
  "/api/users/{name}": {
    summary: "the figures of one person",
    parameters: { name },
    answer: userAnswer,
    statuses: [304, 404, NOT_READY],
  },
  "/api/users/{name}/link": {
    summary: "the link of one person and its QR code; only where a token is asked for",
    parameters: { name },
    answer: linkAnswer,
    statuses: [404, 409],
  },
  "/api/history": {
    summary: "what was, bucket by bucket, of everything, of a shard or of a person",
    parameters: {
      kind: query({ ...kind.json, default: "all" }),
      name: query(text("A person, or the number of a shard", { minLength: 1, maxLength: 200 }).json),
      ...times,
      resolution: query({
        ...resolution.json,
        description: `${resolution.json.description}; the finest that has all of it, when absent`,
      }),
    },
    answer: historyAnswer,
    statuses: [304, NOT_READY],
  },
  "/api/history/users": {
    summary: "who did how much within a time, the busiest first",
    parameters: times,
    answer: historyUsersAnswer,
    statuses: [304, NOT_READY],
  },
  "/api/history/events": {
    summary: "what happened, the newest first",
    parameters: {
      limit: query({
        type: "integer",
        minimum: 1,
        maximum: EVENTS.most,
        default: EVENTS.usual,
        description: "How many at most",
      }),
    },
    answer: historyEventsAnswer,
    statuses: [304, NOT_READY],
  },
  "/api/health": {
    summary: "whether people get in and the figures are fresh: status 200, or 503 with the reasons",
    parameters: {},
    answer: healthAnswer,
    statuses: [503],
  },
  "/api/events": {
    summary:
      'server-sent events: "look" with the data of /api/stats at once and after each look, "happened" with an Event; read it with fetch, because EventSource sends no token',
    parameters: {},
    type: EVENT_STREAM,
    statuses: [503],
  },
  "/api/openapi.json": {
    summary: "this document",
    parameters: {},
    answer: { json: { type: "object", description: "OpenAPI 3.1" } },
    statuses: [304],
  },
  "/metrics": {
    summary: "figures for Prometheus; before the first look those of the daemon itself",
    parameters: {},
    type: "text/plain",
    statuses: [304],
  },
} as const satisfies Readonly<Record<string, Route>>;

export type RoutePath = keyof typeof routes;

/** As find-my-way writes it: `/api/users/:name`. */
export function routerPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}

/** JSON Schema of the parameters in one place, for the validator. */
export function parametersSchema({ parameters }: Route, place: Parameter["place"]): JsonSchema {
  const entries = Object.entries(parameters).filter(([, parameter]) => parameter.place === place);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, { json }]) => [name, json])),
    additionalProperties: false,
  };
}
