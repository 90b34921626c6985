import { appendFile, stat } from "node:fs/promises";
import { householdOf, isLetIn, type LoggedAddresses, logLine } from "../domain/connection-log.ts";
import type { ConnectionRecord } from "../domain/connection-record.ts";

/** Strangers are written down up to here: whoever floods the server must not fill its disk before the log is rotated. Bytes. */
const STRANGERS_END = 100_000_000;
const MODE = 0o640;
/** Households that somebody with a key came from. */
const MOST_FAMILIAR = 10_000;

/**
 * /var/log/haproxy-mtproxy.log: a line a connection, in the order in which records come. The file is opened for each write, so that it
 * may be rotated or removed at any time.
 */
export class ConnectionLog {
  readonly #path: string;
  readonly #strangersEnd: number;
  /** The one seen last is the last. */
  readonly #familiar = new Set<string>();

  constructor(path: string, strangersEnd = STRANGERS_END) {
    this.#path = path;
    this.#strangersEnd = strangersEnd;
  }

  /** @throws what the file system says */
  async write(records: readonly ConnectionRecord[], addresses: LoggedAddresses): Promise<void> {
    const isFull = (await sizeOf(this.#path)) > this.#strangersEnd;
    const lines = records.flatMap((record) => this.#line(record, addresses, isFull));
    if (lines.length > 0) await appendFile(this.#path, lines.join(""), { mode: MODE });
  }

  #line(record: ConnectionRecord, addresses: LoggedAddresses, isFull: boolean): string[] {
    const household = householdOf(record.from);
    if (isLetIn(record)) this.#remember(household);
    else if (isFull) return [];
    // A person with an old link, and the children's tablet with the new one: nobody bans that household.
    const isFamiliar = !isLetIn(record) && this.#familiar.has(household);
    return [`${logLine(record, addresses, isFamiliar)}\n`];
  }

  #remember(household: string): void {
    this.#familiar.delete(household);
    this.#familiar.add(household);
    const [oldest] = this.#familiar;
    if (this.#familiar.size > MOST_FAMILIAR && oldest !== undefined) this.#familiar.delete(oldest);
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
