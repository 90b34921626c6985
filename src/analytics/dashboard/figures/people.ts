import { known, type Person } from "../api/shapes.ts";

/** What a table of people can be sorted by. */
export type PeopleOrder = "name" | "state" | "connections" | "from" | "to" | "quota" | "seen" | "homes" | "expiry";

export type PersonState = "online" | "offline" | "unknown" | "disabled" | "refused";

export function stateOf({ mtproxy_enabled: isEnabled, refusal, connections }: Person): PersonState {
  if (!isEnabled) return "disabled";
  if (refusal !== null) return "refused";
  const open = known(connections);
  if (open === null) return "unknown";
  return open > 0 ? "online" : "offline";
}

/** Somebody tells who is connected; where there is nobody there is nothing to tell. */
export function areTold(people: readonly Pick<Person, "connections">[]): boolean {
  return people.length === 0 || people.some(({ connections }) => known(connections) !== null);
}

/** Share of the quota that is used; null without a quota, or where nobody counts. */
export function quotaShare({ limits, used_bytes: used }: Person): number | null {
  const quota = limits?.quota;
  return quota === undefined || used === null ? null : used / quota.bytes;
}

const STATES: readonly PersonState[] = ["online", "refused", "unknown", "offline", "disabled"];

/** Larger comes first in the descending order; what is not known comes last in both. */
const keys: Readonly<Record<Exclude<PeopleOrder, "name">, (person: Person) => number | null>> = {
  state: (person) => -STATES.indexOf(stateOf(person)),
  connections: ({ connections }) => known(connections),
  from: ({ bytes_in: bytes }) => bytes,
  to: ({ bytes_out: bytes }) => bytes,
  quota: quotaShare,
  seen: ({ last_seen: seen }) => timeOf(known(seen)),
  homes: ({ addresses_today: homes }) => homes,
  expiry: ({ expires_at: at }) => timeOf(at),
};

function timeOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

/** @param search part of a name, in either case */
export function chosenPeople(
  people: readonly Person[],
  { search, order, isDescending }: PeopleChoice,
  byName: (a: string, b: string) => number,
): Person[] {
  const words = search.trim().toLowerCase();
  const found = people.filter(({ username }) => username.toLowerCase().includes(words));
  const names = (a: Person, b: Person) => byName(a.username, b.username);
  if (order === "name") return found.sort((a, b) => (isDescending ? -names(a, b) : names(a, b)));
  const keyed = found.map((person) => ({ person, key: keys[order](person) }));
  return keyed
    .sort((a, b) => compare(a.key, b.key, isDescending) || names(a.person, b.person))
    .map(({ person }) => person);
}

export interface PeopleChoice {
  readonly search: string;
  readonly order: PeopleOrder;
  readonly isDescending: boolean;
}

function compare(a: number | null, b: number | null, isDescending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return isDescending ? b - a : a - b;
}
