import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { wordsOf } from "../../domain/errors.ts";
import type { Key } from "../../domain/key.ts";
import { Gathered } from "./gathered.ts";
import type { Search } from "./key-search.ts";
import { type FromThread, MESSAGE_PAUSE_MS, type Question, type ToThread } from "./thread-messages.ts";
import type { FirstBytes, Fitting } from "./tried-keys.ts";

type Waiting = (found: Fitting | "busy" | undefined) => void;

/** Who asks for more at once is not heard: HAProxy holds no more connections than that open to an agent. */
const MAX_WAITING = 2000;
/** Milliseconds. HAProxy waits 700 for all, and then lets the stranger through to a shard: a thread without a turn must not be waited for. */
const PATIENCE = 450;
/** Before a thread that ended is replaced. */
const PAUSE_MS = 1000;

/**
 * Searches in a thread of its own, which gives way to everything else on the machine: clients that are known, HAProxy and the proxies
 * go on as if nobody was looked for. On a machine that has no time at all it finds nobody. A thread that ends is replaced; who waits for it meanwhile is `busy`.
 */
export class SearchThread implements Search {
  readonly #code: string;
  readonly #onFault: (what: string) => void;
  readonly #patience: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #questions = new Gathered<Question>((questions) => this.#tell({ questions }), MESSAGE_PAUSE_MS);
  #thread: Worker | undefined;
  #keys: readonly Key[] = [];
  #last = 0;
  #isClosed = false;

  private constructor(code: string, onFault: (what: string) => void, patience: number) {
    this.#code = code;
    this.#onFault = onFault;
    this.#patience = patience;
  }

  /**
   * Its program is read and runs when this returns: later it may be closed to the user that this process becomes.
   * @param onFault why a thread ended; without keys
   * @param patience milliseconds until somebody is `busy`
   */
  static async start(onFault: (what: string) => void, patience: number = PATIENCE): Promise<SearchThread> {
    const search = new SearchThread(await readFile(program(), "utf8"), onFault, patience);
    const thread = search.#start();
    await once(thread, "message");
    // An agent ends when its socket is closed, whatever is searched.
    thread.unref();
    return search;
  }

  replace(keys: readonly Key[]): void {
    this.#keys = keys;
    // What was asked before is looked for among those of before.
    this.#questions.handOn();
    this.#tell({ keys: bytesOf(keys) });
  }

  find(address: string, first: FirstBytes): Promise<Fitting | "busy" | undefined> {
    if (this.#thread === undefined || this.#waiting.size >= MAX_WAITING) return Promise.resolve("busy");
    this.#last += 1;
    const id = this.#last;
    return new Promise((done) => {
      this.#waiting.set(id, done);
      setTimeout(() => this.#answer(id, "busy"), this.#patience).unref();
      this.#questions.add({ id, address, first: copyOf(first) });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#thread?.terminate();
  }

  #tell(message: ToThread): void {
    this.#thread?.postMessage(message);
  }

  #start(): Worker {
    const thread = new Worker(this.#code, { eval: true, name: "search" });
    thread.on("message", (message: FromThread) => {
      if (message !== "ready") for (const { id, found } of message) this.#answer(id, found);
    });
    thread.on("error", (error) => this.#onFault(`the search ended: ${wordsOf(error)}`));
    thread.once("exit", () => this.#replaceThread());
    this.#thread = thread;
    this.replace(this.#keys);
    return thread;
  }

  #replaceThread(): void {
    this.#thread = undefined;
    for (const id of this.#waiting.keys()) this.#answer(id, "busy");
    const again = (): void => {
      if (!this.#isClosed) this.#start().unref();
    };
    setTimeout(again, PAUSE_MS).unref();
  }

  #answer(id: number, found: Fitting | "busy" | undefined): void {
    const done = this.#waiting.get(id);
    this.#waiting.delete(id);
    done?.(found);
  }
}

/** Beside the program that was built; tests run the sources. */
function program(): URL {
  const places = ["./search-thread.cjs", "../../../dist/search-thread.cjs"].map((it) => new URL(it, import.meta.url));
  return places.find((place) => existsSync(place)) ?? (places[0] as URL);
}

function bytesOf(keys: readonly Key[]): Uint8Array {
  const bytes = new Uint8Array(16 * keys.length);
  for (const [index, key] of keys.entries()) bytes.set(key.bytes(), 16 * index);
  return bytes;
}

/** Not a part of all that HAProxy said: the whole of that would be copied for the thread. */
function copyOf(first: FirstBytes): FirstBytes {
  return first.kind === "hello"
    ? { kind: "hello", record: new Uint8Array(first.record) }
    : { kind: "header", header: new Uint8Array(first.header) };
}
