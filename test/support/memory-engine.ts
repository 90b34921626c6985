import { dockerCapabilities, type ImageVerdict } from "../../src/domain/engine-facts.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { ProxyStats } from "../../src/domain/proxy-stats.ts";
import { shardName } from "../../src/domain/shard.ts";
import type { Engine, Instance, LogOptions, ShardTarget } from "../../src/engine/engine.ts";
import { goodImage } from "./deployment.ts";

/** One shard in a memory engine. Tests may change it between two calls, as the world would. */
export interface MemoryInstance {
  readonly id: string;
  configDigest: string;
  running: boolean;
  startedAt: Date;
  restarts: number;
  readyTargets: number;
  activeClients: number;
  reloads: number;
  readonly log: string[];
}

/** How the machine under a memory engine fails, when it shall. */
export interface MemoryFaults {
  /** Nothing can be asked of the engine. */
  unusable?: AppError;
  /** What `up` throws, after it has removed and before it has started anything. */
  up?: AppError;
  /** New processes never get a connection to Telegram. */
  neverReady?: boolean;
}

/** An engine without processes: shards are entries in a map, and nothing is rendered for it. */
export class MemoryEngine implements Engine {
  readonly name = "memory";
  readonly capabilities = dockerCapabilities;
  readonly shards = new Map<number, MemoryInstance>();
  readonly faults: MemoryFaults = {};
  verdict: ImageVerdict = goodImage;
  #started = 0;

  async check(): Promise<void> {
    if (this.faults.unusable !== undefined) throw this.faults.unusable;
  }

  async instances(): Promise<Instance[]> {
    await this.check();
    return [...this.shards].sort(([a], [b]) => a - b).map(([shardId, shard]) => instanceOf(shardId, shard));
  }

  async up(changed: readonly ShardTarget[], removed: readonly number[]): Promise<void> {
    await this.check();
    for (const shardId of removed) this.shards.delete(shardId);
    if (this.faults.up !== undefined && changed.length > 0) throw this.faults.up;
    for (const { shardId, configDigest } of changed) {
      const present = this.shards.get(shardId);
      if (present?.configDigest !== configDigest) this.#create(shardId, configDigest);
      else if (!present.running) this.#run(present);
    }
  }

  async stop(shardIds?: readonly number[]): Promise<void> {
    for (const shard of await this.#named(shardIds)) shard.running = false;
  }

  async start(shardIds?: readonly number[]): Promise<void> {
    for (const shard of await this.#named(shardIds)) if (!shard.running) this.#run(shard);
  }

  async restart(shardIds?: readonly number[]): Promise<void> {
    for (const shard of await this.#named(shardIds)) this.#run(shard);
  }

  async reload(shardId: number): Promise<void> {
    (await this.#running(shardId)).reloads += 1;
  }

  async stats(shardId: number): Promise<ProxyStats> {
    const { startedAt, readyTargets, activeClients } = await this.#running(shardId);
    const startTime = Math.floor(startedAt.getTime() / 1000);
    return {
      startTime,
      uptime: Math.floor(Date.now() / 1000) - startTime,
      readyTargets,
      declaredTargets: 1,
      activeClients,
      clientsSinceStart: activeClients,
      openSockets: activeClients,
      tagSet: false,
      workers: 0,
      version: "memory",
    };
  }

  async *logs(shardId: number, { tail }: LogOptions = {}): AsyncGenerator<string> {
    const { log } = await this.#find(shardId);
    yield* tail === undefined ? log : log.slice(-tail);
  }

  async probeImage(image: string): Promise<ImageVerdict> {
    await this.check();
    return { ...this.verdict, image };
  }

  #create(shardId: number, configDigest: string): void {
    const id = `memory-${++this.#started}`;
    const shard = { id, configDigest, running: false, restarts: 0, activeClients: 0, reloads: 0, log: [] };
    const created: MemoryInstance = { ...shard, startedAt: new Date(0), readyTargets: 0 };
    this.shards.set(shardId, created);
    this.#run(created);
  }

  /** Two starts never fall on the same instant: their times tell them apart. */
  #run(shard: MemoryInstance): void {
    shard.startedAt = new Date(Math.max(Date.now(), shard.startedAt.getTime() + 1));
    shard.running = true;
    shard.activeClients = 0;
    shard.readyTargets = this.faults.neverReady === true ? 0 : 1;
    shard.log.push(`${shard.id} started`);
  }

  async #named(shardIds: readonly number[] = [...this.shards.keys()]): Promise<MemoryInstance[]> {
    return Promise.all(shardIds.map((id) => this.#find(id)));
  }

  async #find(shardId: number): Promise<MemoryInstance> {
    await this.check();
    const shard = this.shards.get(shardId);
    if (shard === undefined) throw new AppError("engine", `${shardName(shardId)} is not there`);
    return shard;
  }

  async #running(shardId: number): Promise<MemoryInstance> {
    const shard = await this.#find(shardId);
    if (!shard.running) throw new AppError("engine", `${shardName(shardId)} does not run`);
    return shard;
  }
}

function instanceOf(shardId: number, shard: MemoryInstance): Instance {
  const { id, running, configDigest, startedAt, restarts } = shard;
  const ended = running ? {} : { exitCode: 0 };
  return { shardId, id, running, configDigest, startedAt: startedAt.toISOString(), restarts, ...ended };
}
