import { createServer } from "node:net";

/** Below what systems hand out for outgoing connections, a range for each of vitest's processes. */
const FIRST = 15_000;
const RANGE = 500;
const base = FIRST + (Number(process.env.VITEST_POOL_ID ?? 1) % 32) * RANGE;
let next = Math.floor(Math.random() * RANGE);

/** A port that nobody listens on and that this process does not hand out again soon. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = base + (next++ % RANGE);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "0.0.0.0", () => server.close(() => resolve(true)));
  });
}
