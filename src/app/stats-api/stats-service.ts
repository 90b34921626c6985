import type { Context } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { NumbersSource } from "../../domain/numbers/source.ts";
import type { Settings } from "../../domain/settings.ts";
import { Kept } from "../kept.ts";
import { writeApiReport } from "./api-report.ts";
import type { ServeNumbers, ServeOptions, Serving } from "./serve-numbers.ts";
import { ensureToken, tokenMark, tokenPath } from "./token.ts";

/** A port that is taken is tried again after so long. */
const RETRY_MS = 2000;

interface Parts {
  readonly serve: ServeNumbers;
  readonly source: NumbersSource;
  /** One line of the daemon's log. */
  log(line: string): void;
}

/**
 * Serves figures as long as the settings want it: begins, ends and begins anew as they and the token change. Trouble is told once, is
 * written down for `stats-api status`, and keeps the daemon from nothing else.
 */
export class StatsService {
  readonly #ctx: Context;
  readonly #parts: Parts;
  readonly #token: Kept<string>;
  #serving: Serving | undefined;
  /** What is served, or was tried last. */
  #options: string | undefined;
  #fault: string | undefined;
  #triedAt = 0;

  constructor(ctx: Context, parts: Parts) {
    this.#ctx = ctx;
    this.#parts = parts;
    this.#token = new Kept(ctx, tokenPath(ctx.paths), () => ensureToken(ctx));
  }

  /** To be called each second. @throws AppError environment when files of the home cannot be written */
  async follow(settings: Settings): Promise<void> {
    try {
      const options = settings.statsApi ? await this.#wanted(settings) : undefined;
      if (!this.#isToDo(options)) return;
      await this.#end();
      this.#options = options && JSON.stringify(options);
      if (options !== undefined) await this.#begin(options);
      else await this.#forget();
    } catch (error) {
      await this.#end();
      await this.#fail(settings, error);
    }
  }

  /** For the end of the daemon. */
  async close(): Promise<void> {
    await this.#end();
    await this.#forget();
  }

  async #wanted({ statsApiPort, statsApiOrigin, statsApiToken, metricsUsers }: Settings): Promise<ServeOptions> {
    const token = statsApiToken ? await this.#token.get() : undefined;
    return { port: statsApiPort, origin: statsApiOrigin || undefined, token, metricsUsers };
  }

  #isToDo(options: ServeOptions | undefined): boolean {
    if ((options && JSON.stringify(options)) !== this.#options) return true;
    if (options === undefined) return this.#fault !== undefined;
    return this.#serving === undefined && this.#now().getTime() - this.#triedAt >= RETRY_MS;
  }

  async #begin(options: ServeOptions): Promise<void> {
    const { serve, source, log } = this.#parts;
    this.#triedAt = this.#now().getTime();
    this.#serving = await serve(source, options, log);
    const { addresses } = this.#serving;
    this.#fault = undefined;
    log(`stats API: listens on ${addresses.join(" and ")}${options.token === undefined ? ", without a token" : ""}`);
    await writeApiReport(this.#ctx, {
      pid: process.pid,
      port: options.port,
      origin: options.origin ?? null,
      addresses,
      since: this.#now().toISOString(),
      tokenMark: options.token === undefined ? null : tokenMark(options.token),
      fault: null,
      remedy: null,
    });
  }

  async #end(): Promise<void> {
    const serving = this.#serving;
    this.#serving = undefined;
    if (serving === undefined) return;
    await serving.close();
    this.#parts.log("stats API: ended");
  }

  /** Nobody wants it now. */
  async #forget(): Promise<void> {
    this.#options = undefined;
    this.#fault = undefined;
    await writeApiReport(this.#ctx, undefined);
  }

  async #fail({ statsApiPort: port, statsApiOrigin }: Settings, error: unknown): Promise<void> {
    const fault = wordsOf(error);
    if (fault !== this.#fault) this.#parts.log(`stats API: ${fault}`);
    this.#fault = fault;
    const remedy = error instanceof AppError ? (error.hint ?? null) : null;
    const nothing = { addresses: [], since: null, tokenMark: null };
    const wanted = { port, origin: statsApiOrigin || null };
    await writeApiReport(this.#ctx, { pid: process.pid, ...wanted, ...nothing, fault, remedy });
  }

  #now(): Date {
    return this.#ctx.clock.now();
  }
}
