import { join } from "node:path";
import { openHistory } from "../src/analytics/history/open-history.ts";
import { statsServer } from "../src/analytics/http/serve.ts";
import { Metrics } from "../src/analytics/metrics/metrics.ts";
import { createContext } from "../src/create-context.ts";
import { createLocks } from "../src/host/locks.ts";
import { TestSource } from "../test/support/numbers-source.ts";
import { freePort } from "./free-port.ts";

// The stats API over the history in a folder, in a process of its own: bench/stats.ts asks it for a month. Tells where it listens.

const [, , folder = ""] = process.argv;

void main();

async function main(): Promise<void> {
  const progress = { step: () => {}, warn: () => {} };
  const ctx = createContext({ home: join(folder, "home"), progress, putOffInterrupts: () => {} });
  const locks = createLocks();
  const history = await openHistory({ folder, lock: join(folder, "api.lock"), locks, warn: progress.warn });
  const [port, token] = [await freePort(), "t".repeat(43)];
  const serve = statsServer(ctx, new Metrics({ version: ctx.agents.version }));
  const source = new TestSource(async () => history);
  const api = await serve(source, { port, origin: undefined, token, metricsUsers: 1 }, () => {});
  process.once("disconnect", async () => {
    await api.close();
    await history.close();
  });
  process.send?.({ port, token });
}
