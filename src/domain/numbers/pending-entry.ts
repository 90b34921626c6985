import type { HandedOver, HistoryEntry, Increment } from "./history.ts";

type Part = Pick<HistoryEntry, "increments" | "lastSeen" | "households" | "clients" | "events"> & {
  readonly handedOver: readonly HandedOver[];
};

/** As long as nothing can be written, so many of the latest are kept. */
const MOST_EVENTS = 1000;
const MOST_HOUSEHOLDS = 10_000;

/** What looks came to that is not in the history yet: of one look, or of several while the disk is full. */
export class PendingEntry {
  #parts: Part[] = [];

  add(part: Part): void {
    this.#parts = [this.#parts.length === 0 ? part : merged([...this.#parts, part])];
  }

  /** All of it, as if it had been found at one look. */
  get whole(): Part {
    return merged(this.#parts);
  }

  /** What was counted is counted once more, from another point on. */
  forgetCounts(): void {
    this.#parts = this.#parts.map((part) => ({ ...part, increments: [], handedOver: [] }));
  }

  /** It is in the history. */
  settle(): void {
    this.#parts = [];
  }
}

function merged(parts: readonly Part[]): Part {
  const handedOver = parts.flatMap((part) => part.handedOver);
  return {
    handedOver,
    increments: sums(parts),
    lastSeen: Object.assign({}, ...parts.map(({ lastSeen }) => lastSeen)),
    households: parts.flatMap(({ households }) => households).slice(-MOST_HOUSEHOLDS),
    clients: parts.flatMap(({ clients }) => clients).slice(-MOST_HOUSEHOLDS),
    events: parts.flatMap(({ events }) => events).slice(-MOST_EVENTS),
  };
}

/** Bytes and beginnings add up; of what is open the last look tells. Who is handed over meanwhile takes along what was theirs. */
function sums(parts: readonly Part[]): Increment[] {
  let all = new Map<string, Increment>();
  for (const { handedOver, increments } of parts) {
    const names = new Map(handedOver.map(({ from, to }) => [from, to]));
    all = new Map([...all.values()].map((it) => renamed(it, names)).map((it) => [keyOf(it), it]));
    for (const [key, it] of all) all.set(key, { ...it, active: null });
    for (const it of increments) all.set(keyOf(it), added(all.get(keyOf(it)), it));
  }
  return [...all.values()];
}

function renamed(increment: Increment, names: ReadonlyMap<string, string>): Increment {
  const name = increment.kind === "user" ? names.get(increment.name) : undefined;
  return name === undefined ? increment : { ...increment, name };
}

function added(a: Increment | undefined, b: Increment): Increment {
  if (a === undefined) return b;
  return { ...b, bytesIn: a.bytesIn + b.bytesIn, bytesOut: a.bytesOut + b.bytesOut, opened: a.opened + b.opened };
}

function keyOf({ kind, name }: Increment): string {
  return `${kind} ${name}`;
}
