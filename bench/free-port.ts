import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below those that the kernel gives to whoever asks for any port: nobody gets one of these by chance before it is listened at. */
const [FIRST, LAST] = [12_000, 32_000] as const;

/** A TCP port that nobody has at the moment, on any address. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((found) => {
    const server = createServer()
      .once("error", () => found(false))
      .listen(port, () => void server.close(() => found(true)));
  });
}
