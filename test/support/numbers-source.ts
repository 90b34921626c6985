import type { HistoryEvent } from "../../src/domain/numbers/history.ts";
import type { Snapshot } from "../../src/domain/numbers/snapshot.ts";
import type { LookListener, NumbersSource } from "../../src/domain/numbers/source.ts";
import type { HistoryReader } from "../../src/history.ts";

/** What a test looks at, when it wants to. */
export class TestSource implements NumbersSource {
  readonly #listeners = new Set<LookListener>();
  readonly #history: () => Promise<HistoryReader>;
  #latest: Snapshot | undefined;

  constructor(history: () => Promise<HistoryReader> = () => Promise.reject(new Error("no history here"))) {
    this.#history = history;
  }

  /** How many hear of looks. */
  get listeners(): number {
    return this.#listeners.size;
  }

  look(snapshot: Snapshot, events: readonly HistoryEvent[] = []): void {
    this.#latest = snapshot;
    for (const listener of this.#listeners) listener(snapshot, events);
  }

  latest(): Snapshot | undefined {
    return this.#latest;
  }

  onLook(listener: LookListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  history(): Promise<HistoryReader> {
    return this.#history();
  }
}
