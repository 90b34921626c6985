import { type Address, NotConnected, type ProbeSocket, withProbeSocket } from "./probe-socket.ts";

const CONNECT_MS = 5000;

/**
 * How long a server lets connections wait, one for each of `openings`, all at once: each is made, its opening is sent, and nothing more.
 * @returns milliseconds from a connection until the server ended it; undefined for one that could not be made, or was still open after
 *   `mostMs`
 */
export function closingTimes(
  address: Address,
  openings: readonly Uint8Array[],
  mostMs: number,
): Promise<(number | undefined)[]> {
  return Promise.all(openings.map((opening) => closingTime(address, opening, mostMs)));
}

async function closingTime(address: Address, opening: Uint8Array, mostMs: number): Promise<number | undefined> {
  const time = await withProbeSocket(address, performance.now() + CONNECT_MS, (socket) =>
    timeUntilEnd(socket, opening, mostMs),
  );
  return time instanceof NotConnected ? undefined : time;
}

async function timeUntilEnd(socket: ProbeSocket, opening: Uint8Array, mostMs: number): Promise<number | undefined> {
  const start = performance.now();
  if (opening.length > 0) socket.send(opening);
  const end = await socket.receive(() => undefined, start + mostMs);
  return end === "closed" ? performance.now() - start : undefined;
}
