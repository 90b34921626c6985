import type { HistoryReader } from "../../history.ts";
import type { HistoryEvent } from "./history.ts";
import type { Snapshot } from "./snapshot.ts";

/** Hears of each look of the collector, with what happened since the one before. */
export type LookListener = (snapshot: Snapshot, events: readonly HistoryEvent[]) => void;

/** What the daemon knows, for whoever shows it: API, metrics, dashboard. */
export interface NumbersSource {
  /** As the last look left it; undefined before the first one. */
  latest(): Snapshot | undefined;
  /** @returns what ends it */
  onLook(listener: LookListener): () => void;
  /** Rejects with AppError environment where it cannot be opened. Open until the daemon ends: nobody closes it but the daemon. */
  history(): Promise<HistoryReader>;
}
