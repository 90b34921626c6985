import { emptyOutbox, type Outbox } from "./outbox.ts";
import type { Notice, Watched } from "./watch.ts";

/** What the daemon remembers of alerts from look to look, over restarts. */
export interface AlertState extends Outbox {
  readonly watched: readonly Watched[];
  /** Told when the quiet hours are over. */
  readonly held: readonly Notice[];
}

export const emptyAlertState: AlertState = { watched: [], held: [], ...emptyOutbox };

/** How many looks something holds already is nothing that a restart has to know. */
export function isWorthSaving(saved: AlertState, now: AlertState): boolean {
  const essence = ({ watched, ...others }: AlertState) =>
    JSON.stringify([
      watched.flatMap(({ kind, subject, toldAt, overAt }) =>
        toldAt === undefined && overAt === undefined ? [] : [[kind, subject, toldAt, overAt]],
      ),
      others,
    ]);
  return saved !== now && essence(saved) !== essence(now);
}
