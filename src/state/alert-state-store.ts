import * as v from "valibot";
import { alertKinds } from "../domain/numbers/alerts/kinds.ts";
import { type AlertState, emptyAlertState } from "../domain/numbers/alerts/state.ts";
import type { Files, HomePaths } from "../ports.ts";

const instant = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const trouble = {
  kind: v.picklist(alertKinds),
  subject: v.string(),
  values: v.record(v.string(), v.union([v.string(), v.number()])),
  since: instant,
};
const watched = v.object({
  ...{ ...trouble, seen: count, missed: count, again: v.exactOptional(count) },
  ...{ toldAt: v.exactOptional(instant), overAt: v.exactOptional(instant) },
});
const notice = v.object({ ...trouble, what: v.picklist(["begins", "lasts", "over"]), at: instant });
const message = v.object({ id: v.string(), at: instant, notices: v.array(notice) });
const attempt = { channel: v.string(), message, attempts: count, fault: v.exactOptional(v.string()) };
const state = v.object({
  version: v.literal(1),
  watched: v.array(watched),
  held: v.array(notice),
  waiting: v.array(v.object({ ...attempt, notBefore: instant })),
  delivered: v.array(v.object({ ...attempt, outcome: v.picklist(["sent", "given-up"]), at: instant })),
});

/** `data/mtproxy_alerts.json`, 0600: the daemon's own memory, which one process writes. */
export class AlertStateStore {
  readonly #files: Files;
  readonly #path: string;

  constructor({ files, paths }: { readonly files: Files; readonly paths: HomePaths }) {
    this.#files = files;
    this.#path = paths.alertState;
  }

  /**
   * What cannot be read counts as nothing: nobody is told nothing because of it.
   * @param onDamage is told where it is kept beside; without it it stays where it is
   */
  async read(onDamage?: (kept: string) => void): Promise<AlertState> {
    const text = await this.#files.readText(this.#path);
    if (text === undefined) return emptyAlertState;
    const parsed = v.safeParse(state, parseJson(text));
    if (parsed.success) {
      const { version: _, ...read } = parsed.output;
      return read;
    }
    if (onDamage === undefined) return emptyAlertState;
    const kept = `${this.#path}.damaged`;
    await this.#files.write(kept, text, { mode: 0o600, exactMode: true });
    onDamage(kept);
    return emptyAlertState;
  }

  async write({ watched, held, waiting, delivered }: AlertState): Promise<void> {
    const text = JSON.stringify({ version: 1, watched, held, waiting, delivered });
    await this.#files.write(this.#path, `${text}\n`, { mode: 0o600, exactMode: true });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
