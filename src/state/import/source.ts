import { parseCoverDomain } from "../../domain/cover-domain.ts";
import { AppError } from "../../domain/errors.ts";
import { Key } from "../../domain/key.ts";
import { type Mode, makeSecret, type Secret } from "../../domain/secret.ts";
import { isObject, type JsonObject } from "../fields.ts";

/** A secret in another proxy's file. */
export interface FoundSecret {
  /** As it stands there; undefined where secrets have no names. */
  readonly name?: string | undefined;
  readonly secret: Secret;
  /** False for somebody who was switched off there. */
  readonly enabled?: boolean | undefined;
  /** ISO 8601. */
  readonly createdAt?: string | undefined;
  /** ISO 8601: when the link ends, or ended. */
  readonly expiresAt?: string | undefined;
  readonly note?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly group?: string | undefined;
  /** What the link that was handed out names, as far as the file tells. */
  readonly server?: string | undefined;
  readonly port?: number | undefined;
  /** Why the link that was handed out cannot work here, whatever the server. */
  readonly otherLink?: string | undefined;
}

/** An entry that cannot be taken. */
export interface RefusedEntry {
  /** Its name or place; never its digits. */
  readonly what: string;
  readonly reason: string;
}

/** Settings of the other proxy: told, never taken. */
export interface FoundSettings {
  readonly port?: number | undefined;
  readonly workers?: number | undefined;
  readonly publicHost?: string | undefined;
  /** @MTProxybot's tag. */
  readonly tag?: string | undefined;
}

/** What a file of another proxy says. */
export interface Source {
  readonly found: readonly FoundSecret[];
  readonly refused: readonly RefusedEntry[];
  readonly settings: FoundSettings;
  /** What else is there and not taken. */
  readonly notes: readonly string[];
}

/** A file to import from. */
export interface ForeignFile {
  readonly text: string;
  /** Last part of its path. */
  readonly name: string;
  /** Files that belong to it, by the name under which the format knows them. */
  readonly beside: Readonly<Record<string, string>>;
  /** Which mode to take where the file leaves several open. */
  readonly mode?: Mode | undefined;
}

/** One kind of file that people come with. */
export interface ImportFormat {
  /** In words, after "from". */
  readonly title: string;
  /** Paths relative to the file. */
  readonly companions?: readonly string[];
  /** Whether the text looks like one, with certainty enough to read it as such. */
  matches(file: Pick<ForeignFile, "text" | "name">): boolean;
  /** @throws AppError invalid when the whole cannot be read */
  read(file: ForeignFile): Source;
}

/** A secret with a name or a place, before it is known whether it can be taken. */
export interface Candidate extends Omit<FoundSecret, "secret" | "otherLink"> {
  /** How it is named where it is refused. */
  readonly what: string;
  /** @throws AppError invalid */
  readonly read: () => Pick<FoundSecret, "secret" | "otherLink">;
}

/** Takes what can be taken, and says of the rest why not. */
export function sortOut(candidates: readonly Candidate[]): Pick<Source, "found" | "refused"> {
  const found: FoundSecret[] = [];
  const refused: RefusedEntry[] = [];
  for (const { what, read, ...entry } of candidates) {
    try {
      found.push({ ...entry, ...read() });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push({ what, reason: error.message });
    }
  }
  return { found, refused };
}

/**
 * A key of 32 digits whose mode stands elsewhere in the file.
 * @param domain as it stands there: apps send these very letters, and the proxy compares them one by one
 */
export function bareKey(text: unknown, mode: Mode, domain?: string): Pick<FoundSecret, "secret" | "otherLink"> {
  if (typeof text !== "string") throw new AppError("invalid", "its secret is no text");
  const secret = makeSecret(mode, Key.parse(text.trim()), domain);
  if (secret.mode !== "fake-tls" || secret.domain === domain) return { secret };
  return { secret, otherLink: SPELLING };
}

/** Links that name a domain in capitals, or with a line break behind it, say another name in their hello than the proxy expects. */
export const SPELLING = "its cover domain is spelt in a way that no proxy of ours accepts: send the new link";

/** Which mode links have there; `wanted` where it is one of several. */
export function chosenMode(served: readonly Mode[], wanted: Mode | undefined): Mode {
  if (wanted !== undefined && served.includes(wanted)) return wanted;
  return (["fake-tls", "padded", "plain"] as const).find((mode) => served.includes(mode)) ?? "plain";
}

/** What to say where the same key opened the proxy in several ways: here it has one mode. */
export function modeNotes(served: readonly Mode[], taken: Mode): string[] {
  const others = served.filter((mode) => mode !== taken && !isSameDoor(mode, taken));
  if (others.length === 0) return [];
  return [
    `the same keys also had ${others.join(" and ")} links there, which do not work here: people get ${taken} ones (--mode takes another)`,
  ];
}

/** A proxy without fake-TLS takes plain and padded clients with one key. */
function isSameDoor(a: Mode, b: Mode): boolean {
  return a !== "fake-tls" && b !== "fake-tls";
}

/** A number of the file as a port; undefined for anything else. */
export function portOf(value: unknown): number | undefined {
  const port = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined;
}

/** The port of `host:port`. */
export function portOfAddress(value: unknown): number | undefined {
  return typeof value === "string" ? portOf(/:(\d+)$/.exec(value)?.[1]) : undefined;
}

export function countOf(value: unknown): number | undefined {
  const count = typeof value === "string" && /^\d{1,3}$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= 256 ? count : undefined;
}

/** A tag of 32 hex digits; all zeros stand for none in examples. */
export function tagOf(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^[0-9a-f]{32}$/i.test(value) || /^0+$/.test(value)) return undefined;
  return value.toLowerCase();
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textsOf(value: unknown): string[] {
  return listOf(value).filter((item) => typeof item === "string");
}

/** A domain as it stands there, or undefined where it is none. */
export function domainTextOf(value: unknown): string | undefined {
  try {
    if (typeof value === "string" && value !== "") parseCoverDomain(value);
    else return undefined;
    return value;
  } catch {
    return undefined;
  }
}

/** `2026-11-21T12:00:00.000Z` of seconds since 1970. */
export function timeOf(seconds: unknown): string | undefined {
  const number = Number(seconds);
  const isTime = Number.isSafeInteger(number) && number > 0 && number < 8e12;
  return isTime ? new Date(number * 1000).toISOString() : undefined;
}

/** A day (until its end, UTC) or an instant as ISO 8601; undefined for anything else. */
export function endOf(value: unknown): string | undefined {
  const text = value instanceof Date ? value.toISOString() : String(value ?? "");
  const [, day, rest = ""] = /^(\d{4}-\d\d-\d\d)(T.*)?$/.exec(text) ?? [];
  if (day === undefined) return undefined;
  const time = rest === "" ? Date.parse(`${day}T00:00:00Z`) + DAY_MS : Date.parse(zoned(day + rest));
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

const DAY_MS = 86_400_000;

/** A time without a zone is taken as UTC, wherever this runs. */
function zoned(text: string): string {
  return /(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
}

/** Says what of so many people is left behind; nothing of nobody. */
export function notTaken(what: string, count: number): string[] {
  return count === 0 ? [] : [`not taken: ${what} of ${count} ${count === 1 ? "person" : "people"}`];
}
