import type { Context } from "../../context.ts";
import { type ConnectionRecord, parseRecord } from "../../domain/connection-record.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { EdgeEngine } from "../../engine/edge-engine.ts";

/** HAProxy is away, or the engine hung up. */
const PAUSE_MS = 1000;

export interface FollowRecordsOptions {
  readonly signal: AbortSignal;
  /** Each one that the ledger did not have yet. */
  readonly onRecord: (record: ConnectionRecord) => void;
}

/**
 * Reads HAProxy's records into the ledger until `signal` aborts: from where it stopped, through restarts of HAProxy and its container.
 * @throws AppError where the engine cannot be asked
 */
export async function followRecords(
  ctx: Context,
  edge: EdgeEngine,
  ledger: Ledger,
  { signal, onRecord }: FollowRecordsOptions,
): Promise<void> {
  while (!signal.aborted) {
    const found = await edge.haproxy();
    if (found !== undefined) await readLog(edge, found.id, ledger, { signal, onRecord });
    if (!signal.aborted) await ctx.clock.sleep(PAUSE_MS);
  }
}

async function readLog(
  edge: EdgeEngine,
  container: string,
  ledger: Ledger,
  { signal, onRecord }: FollowRecordsOptions,
): Promise<void> {
  const since = ledger.startAt(container);
  const options = { container, follow: true, timestamps: true, signal, ...(since === undefined ? {} : { since }) };
  for await (const line of edge.haproxyLogs(options)) {
    const end = line.indexOf(" ");
    const record = parseRecord(line.slice(end + 1));
    if (record !== undefined && ledger.take(line.slice(0, end), record)) onRecord(record);
  }
}
