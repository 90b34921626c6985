/** Seconds that a bucket is long: a look of the collector, a minute, an hour, a day (UTC, made of hours). */
export const resolutions = { raw: 10, minute: 60, hour: 3600, day: 86_400 } as const;

export type Resolution = keyof typeof resolutions;

/** Days that each is kept. */
export const keptDays: Readonly<Record<Resolution, number>> = { raw: 2, minute: 30, hour: 730, day: 730 };

/** Whose figures: everything (name is empty), a shard (its number), a person (the name). */
export const seriesKinds = ["all", "shard", "user"] as const;

export type SeriesKind = (typeof seriesKinds)[number];

export interface Series {
  readonly kind: SeriesKind;
  readonly name: string;
}

/** What one look adds to a series. */
export interface Increment extends Series {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Connections that began. */
  readonly opened: number;
  /** Connections open at the look; null when nobody could tell. */
  readonly active: number | null;
}

/** Something that happened, as people read it; without keys. */
export interface HistoryEvent {
  /** Unix milliseconds. */
  readonly at: number;
  /** `shard-down`, `shard-up`, `refused`, `alert`… */
  readonly kind: string;
  /** Whom or what it is about. */
  readonly subject: string;
  readonly words: string;
}

/** A person's app as its first bytes tell it. */
export interface ClientSighting {
  readonly user: string;
  /** `header` with a link without fake-TLS, `short hello`, `long hello`, `hello without SNI`; see client-family.ts. */
  readonly family: string;
  readonly count: number;
}

/** A name that is somebody else's since: everything of the person before is under the other name from now on. */
export interface HandedOver {
  readonly from: string;
  /** As the ledger calls them: `alice@20261121T120000.000Z`. */
  readonly to: string;
}

/** One look, written as a whole or not at all. */
export interface HistoryEntry {
  /** Unix milliseconds. */
  readonly at: number;
  /** Seconds before it that were watched: 0 at the first look after a start or a gap. Without it a bucket is a gap, not a zero. */
  readonly seconds: number;
  /**
   * The kinds that somebody counted; all of them when absent. For the others the time is a gap: without HAProxy nobody counts people, so
   * `["all", "shard"]` leaves them without figures instead of with zeros.
   */
  readonly watched?: readonly SeriesKind[];
  /** To be renamed before anything else of this entry is written; absent where nobody is. To tell it again changes nothing. */
  readonly handedOver?: readonly HandedOver[];
  /** Those that are left out had nothing, and nothing open. */
  readonly increments: readonly Increment[];
  /** From where the next look counts on, after a restart too; whatever the collector wants to find again. */
  readonly counters: unknown;
  /** Unix milliseconds. */
  readonly lastSeen: Readonly<Record<string, number>>;
  /** Households that people came from since the look before: what is kept is how many a day, not which. */
  readonly households: readonly { readonly user: string; readonly household: string }[];
  readonly clients: readonly ClientSighting[];
  readonly events: readonly HistoryEvent[];
}

export interface HistoryQuery extends Series {
  /** Unix milliseconds; the bucket of `until` is not part of it. */
  readonly since: number;
  readonly until: number;
  /** The finest that has all of it, at most 2,000 points, when absent. */
  readonly resolution?: Resolution;
}

export interface HistoryPoint {
  /** Unix milliseconds: where the bucket begins; of `raw`, when the look was. */
  readonly at: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly opened: number;
  /** The most that were open at one look; null when nobody could tell. */
  readonly active: number | null;
  /** Watched by the looks in it: a look more or less than the bucket is long. 0 where only something from a gap before was found. */
  readonly seconds: number;
}

export interface HistoryPoints {
  readonly resolution: Resolution;
  /** Ascending. A bucket that was watched and had nothing is there with zeros; one that was not watched is missing. */
  readonly points: readonly HistoryPoint[];
}

/** What a person did within a time, to the minute; to the hour where minutes are kept no more. */
export interface UserSums {
  readonly name: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly opened: number;
  /** The most that were open at one look. */
  readonly mostActive: number | null;
  /** Unix milliseconds, ever. */
  readonly lastSeen: number | null;
}

export interface DayOfUser {
  /** `2026-11-21`, UTC. */
  readonly day: string;
  readonly user: string;
  readonly households: number;
}
