import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Link } from "../../src/domain/link.ts";
import type { ProxyStats } from "../../src/domain/proxy-stats.ts";
import { shardName } from "../../src/domain/shard.ts";
import type { ShardTarget } from "../../src/engine/engine.ts";
import { MemoryEngine } from "./memory-engine.ts";

/** What a process took up when it started. */
interface Taken {
  readonly keys: ReadonlySet<string>;
  /** The values of `-D`. */
  readonly domains: readonly string[];
  readonly port: number;
  /** The value of `-P`. */
  readonly tag: string | undefined;
}

/** A memory engine whose processes accept the keys that lay in their rendered folder when they started, as the C proxy does. */
export class KeyReadingEngine extends MemoryEngine {
  readonly taken = new Map<number, Taken>();
  /** Shards in the order in which they were started anew. */
  readonly started: number[] = [];
  readonly #rendered: string;

  constructor(rendered: string) {
    super();
    this.#rendered = rendered;
  }

  override async up(changed: readonly ShardTarget[], removed: readonly number[]): Promise<void> {
    const before = this.#starts();
    await super.up(changed, removed);
    for (const id of removed) this.taken.delete(id);
    for (const [id, start] of this.#starts()) if (before.get(id) !== start) await this.#take(id);
  }

  override async restart(shardIds: readonly number[] = [...this.shards.keys()]): Promise<void> {
    await super.restart(shardIds);
    for (const id of shardIds) await this.#take(id);
  }

  /** Whether a client with this link gets in. */
  accepts({ port, secret }: Link): boolean {
    const digits = secret.key.reveal();
    return [...this.taken].some(([id, shard]) => {
      const isOpen = this.shards.get(id)?.running === true && shard.port === port && shard.keys.has(digits);
      return (
        isOpen && (secret.mode === "fake-tls" ? shard.domains.includes(secret.domain) : shard.domains.length === 0)
      );
    });
  }

  override async stats(shardId: number): Promise<ProxyStats> {
    return { ...(await super.stats(shardId)), tagSet: this.taken.get(shardId)?.tag !== undefined };
  }

  #starts(): Map<number, string> {
    return new Map([...this.shards].map(([id, shard]) => [id, `${shard.id} ${shard.startedAt.toISOString()}`]));
  }

  async #take(id: number): Promise<void> {
    const name = shardName(id);
    const text = (path: string) => readFile(join(this.#rendered, path), "utf8");
    const lines = async (file: string) =>
      (await text(`${name}/${file}`)).split("\n").filter((line) => /^[^#]/.test(line));
    const args = await lines("arguments");
    const valuesOf = (flag: string) => args.flatMap((line, index) => (args[index - 1] === flag ? [line] : []));
    this.taken.set(id, {
      keys: new Set(await lines("keys")),
      domains: valuesOf("-D"),
      tag: valuesOf("-P")[0],
      port: portOf(await text("docker-compose.yml"), name),
    });
    this.started.push(id);
  }
}

/** The public port that a service of the compose file publishes. */
function portOf(compose: string, name: string): number {
  const service = compose.slice(compose.indexOf(`container_name: ${name}\n`));
  return Number(/ports: \["(\d+):/.exec(service)?.[1]);
}
