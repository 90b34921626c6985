import * as v from "valibot";
import type { LiveKey } from "../../domain/deployment.ts";
import { AppError } from "../../domain/errors.ts";
import { Key } from "../../domain/key.ts";
import type { Cover } from "./cover-site.ts";
import { Datacenters } from "./datacenters.ts";
import { parseEndpoint } from "./endpoint.ts";

export interface Limits {
  /** Open connections of identified clients. */
  readonly maxConnections: number;
  /** Open connections of everybody else. */
  readonly maxGuests: number;
  /** Until the first bytes are whole, and again from a hello's answer until the header inside; milliseconds. */
  readonly handshakeMs: number;
  /** How long somebody without a key is ignored where there is no cover site. */
  readonly silentMs: number;
  /** A connection on which nothing moves for so long is closed. Telegram's clients ping at least once a minute. */
  readonly idleMs: number;
}

/** What the background server runs with; see render/trial-config.ts for the meaning of the fields. */
export interface TrialConfig {
  readonly configDigest: string;
  readonly shardId: number;
  readonly port: number;
  readonly publicHost: string;
  readonly keys: readonly LiveKey[];
  readonly covers: readonly Cover[];
  readonly datacenters: Datacenters;
  readonly limits: Limits;
}

const milliseconds = (standard: number) => v.optional(v.pipe(v.number(), v.minValue(1)), standard);
const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const endpoint = v.pipe(
  v.string(),
  v.check((text) => isEndpoint(text), "is not host:port"),
);

const schema = v.object({
  configDigest: v.string(),
  shardId: count,
  port: v.pipe(count, v.maxValue(65_535)),
  publicHost: v.string(),
  keys: v.array(v.object({ key: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)), holder: v.exactOptional(v.string()) })),
  covers: v.array(v.object({ domain: v.string(), address: v.exactOptional(endpoint) })),
  datacenters: v.optional(v.record(v.pipe(v.string(), v.regex(/^-?\d{1,5}$/)), endpoint)),
  limits: v.object({
    maxConnections: count,
    maxGuests: v.optional(count, 1_000),
    handshakeMs: milliseconds(10_000),
    silentMs: milliseconds(60_000),
    idleMs: milliseconds(600_000),
  }),
});

/**
 * Reads the contents of trial.json.
 * @throws AppError invalid that names the field and repeats no value
 */
export function parseTrialConfig(text: string): TrialConfig {
  const result = v.safeParse(schema, parseJson(text));
  if (!result.success) throw unreadable(faultOf(result.issues[0]));
  const { keys, datacenters, ...rest } = result.output;
  return {
    ...rest,
    keys: keys.map(({ key, ...holder }) => ({ key: Key.parse(key), ...holder })),
    datacenters: new Datacenters(datacenters),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable("it is not JSON");
  }
}

/** Only where and what was expected: the value may be a key. */
function faultOf(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? "it"}: ${issue.expected ?? "a valid value"} is expected`;
}

function unreadable(fault: string): AppError {
  return new AppError("invalid", `the trial server's configuration cannot be used: ${fault}`, {
    hint: "mtproxy apply writes it anew",
  });
}

function isEndpoint(text: string): boolean {
  try {
    parseEndpoint(text);
    return true;
  } catch {
    return false;
  }
}
