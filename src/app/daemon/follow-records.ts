import type { Context } from "../../context.ts";
import { type ConnectionRecord, parseRecord } from "../../domain/connection-record.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { EdgeEngine } from "../../engine/edge-engine.ts";

/** HAProxy is away, or the engine hung up. */
const PAUSE_MS = 1000;

export interface FollowRecordsOptions {
  readonly signal: AbortSignal;
  /** Asked whenever there is nothing to be read. */
  readonly isWanted: () => boolean;
  /** Each one that the ledger did not have yet. */
  readonly onRecord: (record: ConnectionRecord) => void;
  /** Everything that was there is read. */
  readonly onPresent: () => void;
}

/**
 * Reads HAProxy's records into the ledger until `signal` aborts or nobody wants them: from where it stopped, through restarts of HAProxy
 * and its container.
 * @throws AppError where the engine cannot be asked
 */
export async function followRecords(
  ctx: Context,
  edge: EdgeEngine,
  ledger: Ledger,
  options: FollowRecordsOptions,
): Promise<void> {
  while (!options.signal.aborted && options.isWanted()) {
    const found = await edge.haproxy();
    if (found === undefined) options.onPresent();
    else await readLog(edge, found.id, ledger, options);
    if (!options.signal.aborted) await ctx.clock.sleep(PAUSE_MS);
  }
}

async function readLog(
  edge: EdgeEngine,
  container: string,
  ledger: Ledger,
  { signal, onRecord, onPresent }: FollowRecordsOptions,
): Promise<void> {
  const last = await lastTime(edge, container);
  const since = ledger.startAt(container);
  // Before where reading begins nothing new can be: then the clock was set back, and what it will write is told as it comes.
  if (last === undefined || (since !== undefined && Date.parse(last) < Date.parse(since))) onPresent();
  const options = { container, follow: true, timestamps: true, signal, ...(since === undefined ? {} : { since }) };
  for await (const line of edge.haproxyLogs(options)) {
    const end = line.indexOf(" ");
    const [at, record] = [line.slice(0, end), parseRecord(line.slice(end + 1))];
    if (record !== undefined && ledger.take(at, record)) onRecord(record);
    if (last !== undefined && at >= last) onPresent();
  }
}

/** The engine's time of the last line so far. */
async function lastTime(edge: EdgeEngine, container: string): Promise<string | undefined> {
  for await (const line of edge.haproxyLogs({ container, tail: 1, timestamps: true })) return line.split(" ", 1)[0];
  return undefined;
}
