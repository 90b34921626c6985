import type { HostContext } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { ProxyStats } from "../../domain/proxy-stats.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Shard } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { type Backlog, findBacklog } from "../live/backlog.ts";
import { planState } from "../live/plan-state.ts";
import { loadState, type PlannedState, type State } from "../load-state.ts";
import { NotExamined } from "./check.ts";

/** A shard that the state knows, and what is there of it. */
export interface ExaminedShard {
  readonly shard: Shard;
  readonly instance?: Instance;
  /** Absent when it does not run, or does not answer. */
  readonly stats?: ProxyStats;
}

/**
 * What checks look at. Each fact is found out once, when the first check asks for it. A fact that is not to be had throws
 * NotExamined: the check that is about it says why, the others have nothing to look at.
 */
export class Examination {
  readonly ctx: HostContext;
  readonly #facts = new Map<string, Promise<unknown>>();

  constructor(ctx: HostContext) {
    this.ctx = { ...ctx, progress: { step: () => {}, warn: () => {} } };
  }

  settings(): Promise<Settings> {
    return this.#once("settings", async () => {
      const settings = await reading(this.ctx.stores.settings.read());
      if (settings === undefined) throw new NotExamined("no proxy is set up here yet");
      return settings;
    });
  }

  state(): Promise<State> {
    return this.#once("state", async () => {
      await this.settings();
      return reading(loadState(this.ctx));
    });
  }

  planned(): Promise<PlannedState> {
    return this.#once("planned", async () => {
      await this.state();
      return planState(this.ctx);
    });
  }

  async engine(): Promise<Engine> {
    return this.ctx.engine(await this.settings());
  }

  /** Everything that the engine has of this home. */
  instances(): Promise<readonly Instance[]> {
    return this.#once("instances", async () => {
      try {
        return await (await this.engine()).instances();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        throw new NotExamined(`the engine cannot be asked: ${error.message}`);
      }
    });
  }

  /** Shards that are planned or live, with what runs of them. */
  shards(): Promise<readonly ExaminedShard[]> {
    return this.#once("shards", async () => {
      const [{ book }, instances, engine] = [await this.state(), await this.instances(), await this.engine()];
      return Promise.all(book.shards.map((shard) => examineShard(engine, shard, instances)));
    });
  }

  /** Those that run. */
  async running(): Promise<readonly (ExaminedShard & { readonly instance: Instance })[]> {
    const running = (await this.shards()).filter(isRunning);
    if (running.length === 0) throw new NotExamined("no proxy runs");
    return running;
  }

  /** What is saved and does not run yet, of proxies that run. */
  backlog(): Promise<Backlog> {
    return this.#once("backlog", async () => {
      const [, instances] = [await this.running(), await this.instances()];
      return findBacklog(this.ctx, await this.planned(), await this.engine(), instances);
    });
  }

  #once<T>(name: string, find: () => Promise<T>): Promise<T> {
    const known = this.#facts.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const found = find();
    // Whoever asks gets the error; that nobody asks again is none.
    found.catch(() => {});
    this.#facts.set(name, found);
    return found;
  }
}

function isRunning<S extends ExaminedShard>(shard: S): shard is S & { readonly instance: Instance } {
  return shard.instance?.running === true;
}

/** What is wrong with a file is said by the check of the state. */
async function reading<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new NotExamined(`the state cannot be read: ${wordsOf(error)}`);
  }
}

async function examineShard(engine: Engine, shard: Shard, instances: readonly Instance[]): Promise<ExaminedShard> {
  const instance = instances.find(({ shardId }) => shardId === shard.id);
  const stats = instance?.running === true ? await engine.stats(shard.id).catch(() => undefined) : undefined;
  return { shard, ...(instance === undefined ? {} : { instance }), ...(stats === undefined ? {} : { stats }) };
}
