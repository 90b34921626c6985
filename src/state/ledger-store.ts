import type { Account, Sums } from "../domain/account.ts";
import { emptyLedger, type LedgerState } from "../domain/ledger.ts";
import type { LogPosition } from "../domain/log-position.ts";
import type { ServerBytes } from "../domain/server-bytes.ts";
import type { WorkerBytes } from "../domain/worker-book.ts";
import { type DefaultedStore, withDefault } from "./defaulted-store.ts";
import { isObject, mapOf, type Rule, text } from "./fields.ts";
import { createJsonStore, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

/** What everybody used. Large where people are many, so it is compact: rows of numbers instead of named fields. */
export function createLedgerStore(parts: StoreParts): DefaultedStore<LedgerState> {
  const store = createJsonStore<LedgerState>(parts, {
    path: parts.paths.ledger,
    compact: true,
    parse: (fields) => ({
      accounts: fields.get("accounts", mapOf(account)) ?? {},
      workers: fields.get("workers", mapOf(worker)) ?? {},
      ...present({ position: fields.get("position", position) }),
    }),
    format: ({ position, accounts, workers }) => ({
      ...present({ position }),
      accounts,
      workers: Object.fromEntries(
        Object.entries(workers).map(([mark, { servers, handedOver, goneSince }]) => [
          mark,
          present({ servers, handed_over: handedOver, gone_since: goneSince }),
        ]),
      ),
    }),
  });
  return withDefault(store, () => emptyLedger);
}

/** `counts`: how many of them, from the first, are not below 0. */
function row<T extends readonly number[]>(length: number, counts = length): Rule<T> {
  const isFit = (value: unknown, index: number) =>
    Number.isSafeInteger(value) && (index >= counts || Number(value) >= 0);
  const isRow = (value: unknown): value is T => Array.isArray(value) && value.length === length && value.every(isFit);
  return { expects: `${length} whole numbers`, read: (value) => (isRow(value) ? value : undefined) };
}

const sums = row<Sums>(3);
const bytes = row<ServerBytes>(6, 4);
const periods = mapOf(sums);
const servers = mapOf(bytes);
const anyText = text();
const newNames = mapOf(anyText);

const account: Rule<Account> = {
  expects: "sums: total, months and days",
  read: (value) => {
    if (!isObject(value)) return undefined;
    const [total, months, days] = [sums.read(value.total), periods.read(value.months), periods.read(value.days)];
    return total && months && days && present({ total, months, days, since: anyText.read(value.since) });
  },
};

const worker: Rule<WorkerBytes> = {
  expects: "bytes of a worker by server",
  read: (value) => {
    if (!isObject(value)) return undefined;
    const known = servers.read(value.servers);
    const [handedOver, goneSince] = [newNames.read(value.handed_over), anyText.read(value.gone_since)];
    return known && present({ servers: known, handedOver, goneSince });
  },
};

const position: Rule<LogPosition> = {
  expects: "a container and the records that were read last",
  read: (value) => {
    if (!isObject(value) || typeof value.container !== "string" || !Array.isArray(value.recent)) return undefined;
    const recent = value.recent.filter(isMark);
    return recent.length === value.recent.length ? { container: value.container, recent } : undefined;
  },
};

function isMark(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}
