import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify from "fastify";
import { statsServer } from "../src/analytics/http/serve.ts";
import { Metrics } from "../src/analytics/metrics/metrics.ts";
import { createContext } from "../src/create-context.ts";
import { TestSource } from "../test/support/numbers-source.ts";
import { snapshot, userFigures } from "../test/support/snapshot.ts";
import { freePort } from "./free-port.ts";

// What bench/stats-api.ts puts under load, in a process of its own: the stats API with a look every ten seconds, and the framework's
// empty route beside it. Tells where both listen, and on being asked how much memory they take.

const PEOPLE = Number(process.env.BENCH_PEOPLE ?? 100);
const EVERY_MS = 10_000;

void main();

async function main(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "mtproxy-bench-stats-api-"));
  const progress = { step: () => {}, warn: () => {} };
  const ctx = createContext({ home, progress, putOffInterrupts: () => {} } as Parameters<typeof createContext>[0]);
  const source = new TestSource();
  const look = () => source.look(snapshot({ at: new Date().toISOString(), users: people() }));
  look();
  setInterval(look, EVERY_MS).unref();
  const [port, emptyPort, token] = [await freePort(), await freePort(), "t".repeat(43)];
  const serve = statsServer(ctx, new Metrics({ version: ctx.agents.version }));
  const api = await serve(source, { port, origin: undefined, token, metricsUsers: PEOPLE }, () => {});
  const empty = fastify();
  empty.get("/", async () => "");
  await empty.listen({ host: "127.0.0.1", port: emptyPort });
  process.on("message", tellMemory);
  process.once("disconnect", async () => {
    await Promise.all([api.close(), empty.close()]);
    await rm(home, { recursive: true, force: true });
    process.exit(0);
  });
  process.send?.({ port, emptyPort, token });
}

function people() {
  return Array.from({ length: PEOPLE }, (_, index) =>
    userFigures(`user-${index}`, { connections: index % 9, bytesIn: index * 1e9, bytesOut: index * 1e10 }),
  );
}

/** What is still in use. */
function tellMemory(): void {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  process.send?.({ heapUsed, rss });
}
