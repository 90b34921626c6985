import { getMeta, setMeta } from "./record-entry.ts";
import type { Sqlite } from "./sqlite.ts";

/** Looks that are added to minutes and hours at once: five minutes of them. */
const LOOKS_A_FOLD = 30;

/** The last look that minutes and hours have. */
export function lastFolded(db: Sqlite): number {
  return Number(getMeta(db, "folded") ?? 0);
}

/**
 * Adds the oldest looks to their minutes and hours when enough have come. Which ones is told by their order, not by their time: a clock
 * that was set back neither loses nor doubles any.
 * @returns whether there was enough
 */
export function foldSome(db: Sqlite, looks = LOOKS_A_FOLD): boolean {
  return db.write(() => {
    const after = lastFolded(db);
    const ids = db.all<[number]>("SELECT id FROM look WHERE id > ? ORDER BY id LIMIT ?", after, looks);
    const last = ids.at(looks - 1)?.[0];
    if (last === undefined) return false;
    for (const resolution of ["minute", "hour"] as const) addLooks(db, resolution, after, last);
    setMeta(db, "folded", String(last));
    return true;
  });
}

const milliseconds = { minute: 60_000, hour: 3_600_000 };

function addLooks(db: Sqlite, resolution: keyof typeof milliseconds, after: number, last: number): void {
  const bucket = `look.at / ${milliseconds[resolution]}`;
  db.run(
    `INSERT INTO ${resolution} (series, at, bytes_in, bytes_out, opened, active)
     SELECT raw.series, ${bucket} AS bucket, sum(raw.bytes_in), sum(raw.bytes_out), sum(raw.opened), max(raw.active)
     FROM look JOIN raw ON raw.look = look.id WHERE look.id > ? AND look.id <= ? GROUP BY raw.series, bucket
     ON CONFLICT DO UPDATE SET bytes_in = bytes_in + excluded.bytes_in, bytes_out = bytes_out + excluded.bytes_out,
       opened = opened + excluded.opened,
       active = max(coalesce(active, excluded.active), coalesce(excluded.active, active))`,
    after,
    last,
  );
  db.run(
    `INSERT INTO watched_${resolution} (at, watched_all, watched_shard, watched_user)
     SELECT ${bucket} AS bucket, sum(watched_all), sum(watched_shard), sum(watched_user)
     FROM look WHERE id > ? AND id <= ? GROUP BY bucket
     ON CONFLICT DO UPDATE SET watched_all = watched_all + excluded.watched_all,
       watched_shard = watched_shard + excluded.watched_shard, watched_user = watched_user + excluded.watched_user`,
    after,
    last,
  );
}
