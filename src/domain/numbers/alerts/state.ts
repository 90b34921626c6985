import { emptyOutbox, type Outbox } from "./outbox.ts";
import type { Notice, Watched } from "./watch.ts";

/** What the daemon remembers of alerts from look to look, over restarts. */
export interface AlertState extends Outbox {
  readonly watched: readonly Watched[];
  /** Told when the quiet hours are over. */
  readonly held: readonly Notice[];
}

export const emptyAlertState: AlertState = { watched: [], held: [], ...emptyOutbox };
