import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";

/** What the background server keeps in the home's run folder. */
const runFiles = {
  socket: "trial-server.sock",
  lock: "trial-server.lock",
  record: "trial-server.json",
} as const;

/**
 * A unix socket's path has room for 107 bytes (sun_path in unix(7)), a home's may be longer. Through the open folder's entry in
 * /proc the path is always short.
 */
export class RunFolder {
  readonly path: string;
  readonly #descriptor: number;

  /** @throws Error when the folder is not there */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  /** For bind and connect in this process, until `close`. */
  get socketPath(): string {
    return join(`/proc/self/fd/${this.#descriptor}`, runFiles.socket);
  }

  file(name: keyof typeof runFiles): string {
    return join(this.path, runFiles[name]);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
