import { connect, type Socket } from "node:net";
import type { Endpoint } from "./endpoint.ts";

/** What a direction of a connection may hold back for a slow reader, bytes. */
export const BUFFER_BYTES = 16 * 1024;

/**
 * Opens a TCP connection that may be closed in one direction only.
 * @throws Error when it is refused, unreachable or not there after `timeoutMs`
 */
export function dial({ host, port }: Endpoint, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, keepAlive: true, ...buffers });
    const timer = setTimeout(() => socket.destroy(new Error("no answer")), timeoutMs);
    socket.on("error", reject);
    socket.once("close", () => clearTimeout(timer));
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}

/** Both sides of a socket; a server takes one figure for both, a client takes each. */
const buffers = { readableHighWaterMark: BUFFER_BYTES, writableHighWaterMark: BUFFER_BYTES };
