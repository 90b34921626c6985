import { type HistoryEntry, seriesKinds } from "../../domain/numbers/history.ts";
import { rememberHouseholds } from "./households.ts";
import type { Sqlite } from "./sqlite.ts";
import { dayOf } from "./times.ts";

/** What is written of an entry: one transaction, in which each part goes to SQLite as one JSON text instead of a row at a time. */
export function recordEntry(db: Sqlite, entry: HistoryEntry): void {
  db.write(() => {
    for (const { from, to } of entry.handedOver ?? []) handOver(db, from, to);
    addSeries(db, entry);
    writeLook(db, entry);
    writeLastSeen(db, entry);
    rememberHouseholds(db, entry);
    writeClients(db, entry);
    writeEvents(db, entry);
    if (entry.counters !== undefined) setMeta(db, "counters", JSON.stringify(entry.counters));
  });
}

/** Everything names the series by its id: what was the one's is the other's at once. */
function handOver(db: Sqlite, from: string, to: string): void {
  const isDone = db.first("SELECT id FROM series WHERE kind = 'user' AND name = ?", to) !== undefined;
  if (isDone) return;
  db.run("UPDATE series SET name = ? WHERE kind = 'user' AND name = ?", to, from);
  db.run("INSERT OR IGNORE INTO series (kind, name) VALUES ('user', ?)", to);
}

function addSeries(db: Sqlite, { increments, lastSeen, households, clients }: HistoryEntry): void {
  const people = [...Object.keys(lastSeen), ...households.map(({ user }) => user), ...clients.map(({ user }) => user)];
  const named = [...increments.map(({ kind, name }) => [kind, name]), ...people.map((name) => ["user", name])];
  db.run(
    "INSERT OR IGNORE INTO series (kind, name) SELECT value ->> 0, value ->> 1 FROM json_each(?)",
    JSON.stringify(named),
  );
}

function writeLook(db: Sqlite, { at, seconds, watched = seriesKinds, increments }: HistoryEntry): void {
  const [all = 0, shard = 0, user = 0] = seriesKinds.map((kind) => (watched.includes(kind) ? seconds : 0));
  const look = db.run(
    "INSERT INTO look (at, watched_all, watched_shard, watched_user) VALUES (?, ?, ?, ?)",
    at,
    all,
    shard,
    user,
  );
  const rows = increments.map((one) => [one.kind, one.name, one.bytesIn, one.bytesOut, one.opened, one.active]);
  db.run(
    `INSERT INTO raw SELECT ?, series.id, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)
     JOIN series ON series.kind = value ->> 0 AND series.name = value ->> 1
     WHERE true ON CONFLICT DO UPDATE SET bytes_in = bytes_in + excluded.bytes_in, bytes_out = bytes_out + excluded.bytes_out,
       opened = opened + excluded.opened, active = coalesce(excluded.active, active)`,
    look,
    JSON.stringify(rows),
  );
}

/** The latest, but for one that lies in the future: then the clock was wrong. */
function writeLastSeen(db: Sqlite, { at, lastSeen }: HistoryEntry): void {
  db.run(
    `UPDATE series SET last_seen = CASE WHEN last_seen > ? THEN seen.value ELSE max(coalesce(last_seen, 0), seen.value) END
     FROM json_each(?) AS seen WHERE series.kind = 'user' AND series.name = seen.key`,
    at,
    JSON.stringify(lastSeen),
  );
}

function writeClients(db: Sqlite, { at, clients }: HistoryEntry): void {
  const rows = clients.map(({ user, family, count }) => [user, family, count]);
  db.run(
    `INSERT INTO client SELECT ?, series.id, value ->> 1, value ->> 2 FROM json_each(?)
     JOIN series ON series.kind = 'user' AND series.name = value ->> 0
     WHERE true ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    dayOf(at),
    JSON.stringify(rows),
  );
}

function writeEvents(db: Sqlite, { events }: HistoryEntry): void {
  const rows = events.map(({ at, kind, subject, words }) => [at, kind, subject, words]);
  db.run(
    `INSERT INTO event (at, kind, subject, words) SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`,
    JSON.stringify(rows),
  );
}

export function setMeta(db: Sqlite, name: string, value: string): void {
  db.run("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value);
}

export function getMeta(db: Sqlite, name: string): string | undefined {
  return db.first<[string]>("SELECT value FROM meta WHERE name = ?", name)?.[0];
}
