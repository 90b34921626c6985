import type { HistoryEntry, Increment } from "../../src/domain/numbers/history.ts";

/** An entry with nothing in it but what is given. */
export function entryAt(at: number, given: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    ...{ at, seconds: 10, increments: [], counters: null, lastSeen: {}, households: [], clients: [], events: [] },
    ...given,
  };
}

export function userRow(name: string, given: Partial<Increment> = {}): Increment {
  return { kind: "user", name, bytesIn: 0, bytesOut: 0, opened: 0, active: 0, ...given };
}
