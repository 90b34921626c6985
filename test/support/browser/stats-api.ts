import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, vi } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { startCli } from "../cli.ts";
import type { CliHome } from "../cli-home.ts";

/** The stats API of a home, in a process of its own as the product starts it, on one port all the time. */
export class StatsApi {
  readonly #home: CliHome;
  readonly #port: number;
  #process: ReturnType<typeof startCli> | undefined;

  constructor(home: CliHome, port: number) {
    this.#home = home;
    this.#port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  async token(): Promise<string> {
    return (await readFile(this.#home.path("config/mtproxy/stats_token"), "utf8")).trim();
  }

  async ask(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers: { authorization: `Bearer ${await this.token()}` } });
  }

  async json<T>(path: string): Promise<T> {
    return (await (await this.ask(path)).json()) as T;
  }

  /** Until it has figures to tell. @param flags of `stats-api start` */
  async start(...flags: string[]): Promise<void> {
    const words = ["stats-api", "start", "--foreground", "--port", String(this.#port), ...flags];
    const { home } = this.#home;
    const process = startCli(words, { home, timeoutMs: 600_000 });
    this.#process = process;
    let said = "";
    for (const stream of [process.stdout, process.stderr]) stream.on("data", (text) => (said += text));
    const isThere = async () => (await this.ask("api/stats").catch(() => undefined))?.ok === true;
    await vi.waitUntil(isThere, { timeout: 20_000, interval: 50 }).catch(() => Promise.reject(new Error(said)));
  }

  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    process.kill("SIGTERM");
    await once(process, "close");
  }
}

/** One for all tests of a file; to be called after the home is declared. @param before what is done to the home first */
export function sharedStatsApi(home: () => CliHome, before: (home: CliHome) => Promise<void>): () => StatsApi {
  let api: StatsApi | undefined;
  beforeAll(async () => {
    await before(home());
    api = new StatsApi(home(), await freePort());
    await api.start();
  });
  afterAll(() => api?.stop());
  return () => {
    if (api === undefined) throw new Error("the API is there when a test runs");
    return api;
  };
}
