import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProxyStats } from "../../src/domain/proxy-stats.ts";
import { shardName } from "../../src/domain/shard.ts";
import type { ShardTarget } from "../../src/engine/engine.ts";
import { MemoryEngine } from "./memory-engine.ts";

/** What a process read when it started, or was told to. */
interface Read {
  readonly conf: string;
  readonly secret: string;
}

/** A memory engine whose processes read Telegram's files from their rendered folders, as the C proxy does. */
export class FileReadingEngine extends MemoryEngine {
  readonly read = new Map<number, Read>();
  /** Shards in the order in which something was done to them. */
  readonly doings: string[] = [];
  /** Processes with a file that this refuses get no connection to Telegram. */
  reachesTelegram: (read: Read) => boolean = () => true;
  /** Ignores SIGHUP, as the official binary does. */
  deafToReload = false;
  readonly #rendered: string;

  constructor(rendered: string) {
    super();
    this.#rendered = rendered;
  }

  override async up(changed: readonly ShardTarget[], removed: readonly number[]): Promise<void> {
    const before = new Map(
      (await this.instances()).map(({ shardId, id, startedAt }) => [shardId, `${id} ${startedAt}`]),
    );
    await super.up(changed, removed);
    for (const { shardId, id, startedAt } of await this.instances()) {
      if (before.get(shardId) !== `${id} ${startedAt}`) await this.#take(shardId, "up");
    }
  }

  override async restart(shardIds: readonly number[] = [...this.shards.keys()]): Promise<void> {
    await super.restart(shardIds);
    for (const id of shardIds) await this.#take(id, "restart");
  }

  override async reload(shardId: number): Promise<void> {
    await super.reload(shardId);
    if (this.deafToReload) this.doings.push(`reload ${shardId}`);
    else await this.#take(shardId, "reload");
  }

  override async stats(shardId: number): Promise<ProxyStats> {
    const stats = await super.stats(shardId);
    const read = this.read.get(shardId);
    if (read === undefined) return stats;
    const configMd5 = createHash("md5").update(read.conf, "latin1").digest("hex");
    return { ...stats, configMd5, readyTargets: this.reachesTelegram(read) ? 1 : 0 };
  }

  async #take(shardId: number, doing: string): Promise<void> {
    this.doings.push(`${doing} ${shardId}`);
    const file = (name: string) => readFile(join(this.#rendered, shardName(shardId), name), "latin1");
    this.read.set(shardId, { conf: await file("proxy-multi.conf"), secret: await file("proxy-secret") });
  }
}
