import type { Context } from "../context.ts";

/** However the file looks: there are file systems on networks that tell of others' writes late. */
const LONGEST_MS = 60_000;

interface Last<T> {
  readonly mark: string | undefined;
  readonly at: number;
  readonly value: T;
}

/** What a file was read to say, for as long as it is the same: for whoever asks each second. */
export class Kept<T> {
  readonly #files: Context["files"];
  readonly #path: string;
  readonly #read: () => Promise<T>;
  #last: Last<T> | undefined;

  constructor({ files }: Pick<Context, "files">, path: string, read: () => Promise<T>) {
    this.#files = files;
    this.#path = path;
    this.#read = read;
  }

  /** Throws what reading throws, each time. */
  async get(): Promise<T> {
    // Taken first: what is written from now on is another mark than this.
    const [mark, at] = [await this.#files.mark(this.#path), performance.now()];
    const last = this.#last;
    if (last !== undefined && mark !== undefined && mark === last.mark && at - last.at < LONGEST_MS) return last.value;
    this.#last = undefined;
    const value = await this.#read();
    this.#last = { mark, at, value };
    return value;
  }
}
