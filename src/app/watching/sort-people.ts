import type { Sorting } from "../../domain/numbers/choices.ts";

/** Figures that people can be sorted by, as far as each list has them. */
export interface Sortable {
  readonly username: string | null;
  readonly activeConnections?: number | null;
  readonly totalConnections?: number | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly usedBytes?: number | null;
  readonly lastSeen: string | null;
}

/** The most first, and names by the alphabet; the same when it is done again. `reversed` is the other way round. */
export function sortPeople<T extends Sortable>(people: readonly T[], by: Sorting, reversed = false): T[] {
  const sorted = [...people].sort((a, b) => compare(a, b, by) || compareNames(a, b));
  return reversed ? sorted.reverse() : sorted;
}

function compare(a: Sortable, b: Sortable, by: Sorting): number {
  if (by === "name") return 0;
  if (by === "seen") return (b.lastSeen ?? "") < (a.lastSeen ?? "") ? -1 : Number(a.lastSeen !== b.lastSeen);
  return figureOf(b, by) - figureOf(a, by) || traffic(b) - traffic(a);
}

function figureOf(person: Sortable, by: Exclude<Sorting, "name" | "seen">): number {
  if (by === "traffic") return traffic(person);
  const figures = { active: person.activeConnections, total: person.totalConnections, used: person.usedBytes };
  return figures[by] ?? -1;
}

/** What is not known comes after nothing at all. */
function traffic({ bytesIn, bytesOut }: Sortable): number {
  return bytesIn === null && bytesOut === null ? -1 : (bytesIn ?? 0) + (bytesOut ?? 0);
}

function compareNames({ username: a }: Sortable, { username: b }: Sortable): number {
  // The shared secrets, which have no name, come last.
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}
