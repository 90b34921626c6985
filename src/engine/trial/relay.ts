import type { Socket } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What becomes of the bytes of one direction on their way; an error ends the connection. */
type Rewrite = (chunk: Uint8Array) => Uint8Array;

export interface Relay {
  readonly client: Socket;
  readonly server: Socket;
  /** What the server gets before anything else, as it is. */
  readonly first: Uint8Array;
  /** From client to server; bytes are handed on as they are when absent. */
  readonly outward?: Rewrite;
  readonly inward?: Rewrite;
}

/**
 * Carries bytes both ways until both sides have closed theirs, and closes both sockets. One side's end is passed on while the other
 * direction goes on; a failure or timeout of one socket ends both. The slower side sets the pace: each direction holds no more than
 * the sockets' own buffers and one chunk.
 */
export async function relay({ client, server, first, outward, inward }: Relay): Promise<void> {
  try {
    if (first.length > 0) server.write(first);
    await Promise.all([carry(client, server, outward), carry(server, client, inward)]);
  } catch {
    // Why a stranger's or a family member's connection broke is nobody's business; both ends see that it did.
  } finally {
    client.destroy();
    server.destroy();
  }
}

async function carry(from: Socket, to: Socket, rewrite: Rewrite | undefined): Promise<void> {
  if (from.readableEnded) await new Promise<void>((resolve) => to.end(() => resolve()));
  else if (rewrite === undefined) await pipeline(from, to);
  else await pipeline(from, rewriting(rewrite), to);
}

function rewriting(rewrite: Rewrite): Transform {
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      try {
        done(null, rewrite(chunk));
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
}
