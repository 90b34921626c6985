import { join } from "node:path";
import type { Context } from "../../context.ts";
import type { Snapshot } from "../../domain/numbers/snapshot.ts";

/** Older ones are not shown: the daemon looks every ten seconds, and may be held up for a while. */
const FRESH_MS = 30_000;

function snapshotFile(ctx: Context): string {
  return join(ctx.paths.run, "snapshot.json");
}

/** By the daemon, after each look: for commands, which are processes of their own. It holds names and no keys. */
export async function writeSnapshot(ctx: Context, snapshot: Snapshot): Promise<void> {
  await ctx.files.write(snapshotFile(ctx), `${JSON.stringify(snapshot)}\n`, { mode: 0o600, exactMode: true });
}

/** What the daemon saw last; undefined where it does not run, or has not looked for half a minute. */
export async function readSnapshot(ctx: Context): Promise<Snapshot | undefined> {
  const snapshot = parsed(await ctx.files.readText(snapshotFile(ctx)));
  const age = ctx.clock.now().getTime() - Date.parse(snapshot?.at ?? "");
  // A clock that was set back makes it older than now, and nobody knows how much.
  return Math.abs(age) <= FRESH_MS ? snapshot : undefined;
}

/** One that another version of the product wrote may lack what this one shows. */
function parsed(text: string | undefined): Snapshot | undefined {
  try {
    const snapshot = JSON.parse(text ?? "null");
    return Array.isArray(snapshot?.shards) && Array.isArray(snapshot.users) ? snapshot : undefined;
  } catch {
    return undefined;
  }
}
