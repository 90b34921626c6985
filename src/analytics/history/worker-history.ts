import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { HistoryEntry, HistoryQuery } from "../../domain/numbers/history.ts";
import type { History } from "../../history.ts";
import { pointsOf } from "./points-text.ts";
import type { FailedReply, Reply, Request, WorkerOptions } from "./protocol.ts";

interface Waiting {
  readonly resolve: (value: string | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export interface WorkerHistoryOptions extends WorkerOptions {
  readonly warn: (text: string) => void;
  /** After the file is closed. */
  readonly onClose: () => Promise<void>;
}

/** A history whose file another thread has. A thread that ended by mistake is started anew by the next call. */
export class WorkerHistory implements History {
  readonly #options: WorkerHistoryOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #closing: Promise<void> | undefined;
  #last = 0;

  constructor(options: WorkerHistoryOptions) {
    this.#options = options;
  }

  readonly record = (entry: HistoryEntry) => this.#ask<void>("record", entry);
  readonly counters = () => this.#ask<unknown>("counters");
  readonly points = async (query: HistoryQuery) => pointsOf(await this.pointsText(query));
  readonly pointsText = async (query: HistoryQuery) => (await this.#askText("pointsText", query)) ?? "";
  readonly users: History["users"] = (since, until) => this.#ask("users", since, until);
  readonly days: History["days"] = (...asked) => this.#ask("days", ...asked);
  readonly clients: History["clients"] = (...asked) => this.#ask("clients", ...asked);
  readonly events: History["events"] = (limit) => this.#ask("events", limit);
  readonly lastSeen: History["lastSeen"] = () => this.#ask("lastSeen");

  /** What was asked before is answered first. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    if (worker !== undefined) {
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      await this.#post(worker, "close", []).catch(() => {});
      await ended;
    }
    await this.#options.onClose();
  }

  async #ask<T>(call: Request["call"], ...given: readonly unknown[]): Promise<T> {
    const text = await this.#askText(call, ...given);
    return (text === undefined ? undefined : JSON.parse(text)) as T;
  }

  async #askText(call: Request["call"], ...given: readonly unknown[]): Promise<string | undefined> {
    if (this.#closing !== undefined) throw new AppError("bug", "the history was asked after it was closed");
    this.#worker ??= this.#start();
    return this.#post(this.#worker, call, given);
  }

  #post(worker: Worker, call: Request["call"], given: readonly unknown[]): Promise<string | undefined> {
    this.#last += 1;
    const request: Request = { id: this.#last, call, given };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      worker.ref();
      worker.postMessage(request);
    });
  }

  #start(): Worker {
    const { path } = this.#options;
    const worker = new Worker(workerProgram(), { workerData: { path } satisfies WorkerOptions });
    worker.on("message", (reply: Reply) => this.#take(reply));
    const fail = (reason: string) => this.#fail(worker, reason);
    worker.once("error", (error) => fail(wordsOf(error)));
    worker.once("exit", (code) => fail(`its thread ended (${code})`));
    return worker;
  }

  #take(reply: Reply): void {
    if ("warning" in reply) this.#options.warn(reply.warning);
    else this.#settle(reply);
  }

  #settle(reply: Exclude<Reply, { readonly warning: string }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    // An idle history keeps no process alive; one that closes does until it has.
    if (this.#waiting.size === 0 && this.#closing === undefined) this.#worker?.unref();
    if ("error" in reply) waiting?.reject(errorOf(reply.error));
    else waiting?.resolve(reply.value);
  }

  #fail(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const error = new AppError("environment", `the history in ${this.#options.path} cannot be used: ${reason}`);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function errorOf({ kind, message, hint }: FailedReply["error"]): AppError {
  return new AppError(kind, message, hint === undefined ? {} : { hint });
}

/** Beside the bundled command line, or in dist/ of a checkout. */
function workerProgram(): string {
  const places = ["./history-worker.cjs", "../dist/history-worker.cjs", "../../../dist/history-worker.cjs"];
  const found = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new AppError("environment", "history-worker.cjs is missing beside the program", {
    hint: "install the package anew",
  });
}
