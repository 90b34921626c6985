import type { Socket } from "node:net";

/** Takes what comes and says nothing. */
export function ignore(socket: Socket, silentMs: number): void {
  const timer = setTimeout(() => socket.destroy(), silentMs);
  socket.once("close", () => clearTimeout(timer));
  socket.once("end", () => socket.destroy());
  socket.resume();
}

/** Closes with FIN, not RST: what the peer still sends is read for a moment. */
export function hangUp(socket: Socket): void {
  if (socket.writableEnded) return;
  ignore(socket, 2_000);
  socket.end();
}
