import { copyFileSync, fstatSync, ftruncateSync, writeSync } from "node:fs";

const MAX_BYTES = 1_000_000;

/** The file beside a log that holds what came before. */
export function olderLog(path: string): string {
  return `${path}.1`;
}

/**
 * Writes lines to an open descriptor. When that is a file and grows beyond its bound, its contents move to `path.1` and it starts
 * anew; the descriptor stays, so that what the runtime itself prints in its last moment lands there too.
 */
export class BoundedLog {
  readonly #descriptor: number;
  readonly #path: string | undefined;
  readonly #maxBytes: number;

  /** @param path of the file behind the descriptor; absent where it is none */
  constructor(descriptor: number, path?: string, maxBytes = MAX_BYTES) {
    this.#descriptor = descriptor;
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** Never throws: a full disk or a closed terminal must not end the proxy. */
  write(text: string): void {
    try {
      this.#rotate();
      writeSync(this.#descriptor, `${new Date().toISOString()} ${text.replace(/\s+/g, " ")}\n`);
    } catch {
      // Nowhere left to say so.
    }
  }

  #rotate(): void {
    if (this.#path === undefined || fstatSync(this.#descriptor).size < this.#maxBytes) return;
    copyFileSync(this.#path, olderLog(this.#path));
    ftruncateSync(this.#descriptor, 0);
  }
}
