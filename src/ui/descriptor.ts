import { fstatSync, writeSync } from "node:fs";
import type { Sink } from "./terminal.ts";

type Stream = Sink & { on(event: "error", listener: (error: unknown) => void): unknown };

/**
 * Where a descriptor of ours leads. A pipe or a file is written to at once, which node does too, but its stream for that loads
 * the network first and takes longer than most commands run; anything else is node's stream.
 */
export function openOutput(descriptor: number, stream: () => Stream, onError: (error: unknown) => void): Sink {
  if (isPlain(descriptor)) return { write: (text) => tryTo(() => writeAll(descriptor, text), onError) };
  const opened = stream();
  opened.on("error", onError);
  return opened;
}

/** No terminal. What other programs call a pipe is a socket pair between node and node. */
function isPlain(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket() || stat.isFile();
  } catch {
    return false;
  }
}

function tryTo(work: () => void, onError: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    onError(error);
  }
}

function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) rest = rest.subarray(writeSome(descriptor, rest));
}

/** A pipe that another program made non-blocking may be full for a moment. */
function writeSome(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}
