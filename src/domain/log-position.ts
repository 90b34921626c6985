/** How far the log was read. */
export interface LogPosition {
  /** Id of the container that printed it. */
  readonly container: string;
  /** Of the last records, oldest first: the engine's time of the line (RFC 3339, nanoseconds) and the record's id. */
  readonly recent: readonly (readonly [at: string, id: string])[];
}

/** Lines within so short a time may come again when the log is read from a position. */
const OVERLAP_MS = 2000;
const MOST_RECENT = 1000;

/** Takes each record of the log once, from wherever it is read again. */
export class LogReader {
  #position: LogPosition | undefined;
  readonly #known: Set<string>;

  constructor(position?: LogPosition) {
    this.#position = position;
    this.#known = new Set(position?.recent.map(([, id]) => id));
  }

  get position(): LogPosition | undefined {
    return this.#position;
  }

  /** False for the one that is read anyway. */
  turnTo(container: string): boolean {
    if (this.#position?.container === container) return false;
    this.#position = { container, recent: [] };
    this.#known.clear();
    return true;
  }

  /** From when on the log is to be read; from its beginning when undefined. */
  get start(): string | undefined {
    const recent = this.#position?.recent ?? [];
    const [last, first] = [recent.at(-1)?.[0], recent[0]?.[0]];
    if (last === undefined || first === undefined) return undefined;
    const overlap = new Date(Date.parse(last) - OVERLAP_MS).toISOString();
    return recent.length < MOST_RECENT || first < overlap ? overlap : first;
  }

  /** False when it was read before. */
  take(at: string, id: string): boolean {
    if (this.#position === undefined || this.#known.has(id)) return false;
    const { container, recent } = this.#position;
    const next = [...recent, [at, id] as const];
    const forgotten = next.length > MOST_RECENT ? next.shift() : undefined;
    if (forgotten !== undefined) this.#known.delete(forgotten[1]);
    this.#known.add(id);
    this.#position = { container, recent: next };
    return true;
  }
}
