import type { ShardDeployment } from "../deployment.ts";
import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import type { Settings } from "../settings.ts";
import type { ModeFamily, Move, RevokedKey, ShardBook } from "../shard.ts";
import type { SharedSecret } from "../shared-secret.ts";
import type { User } from "../user.ts";

export interface PlanInput {
  readonly settings: Settings;
  readonly capabilities: Capabilities;
  readonly users: readonly User[];
  readonly sharedSecrets: readonly SharedSecret[];
  readonly book: ShardBook;
  /** @MTProxybot's tag, when a promoted channel is on. */
  readonly tag?: string | undefined;
  /** Tags of groups that have one of their own. Their people are kept apart from others: a process carries one tag. */
  readonly groupTags?: ReadonlyMap<string, string>;
  /** Cover domain of a shard that is opened before anyone asks for one. */
  readonly coverDomain: string;
  /** IPv4 addresses that cover domains shall be pinned to from now on; the others keep the address they have. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Ports that something else on the host holds. */
  readonly busyPorts?: ReadonlySet<number>;
  /** A running shard may be restarted to add a cover domain to it. */
  readonly allowRestart?: boolean;
  /** Every shard gets another port: this one and those behind it. */
  readonly portsFrom?: number | undefined;
  /** Random keys, as many as asked for. */
  readonly newKey: () => Key;
}

/** Where a holder's link leads, and what is served there. */
export interface Placement {
  readonly holder: string;
  readonly shardId: number;
  readonly port: number;
  readonly family: ModeFamily;
  readonly coverDomains: readonly string[];
}

export interface Plan {
  /** What shards.json shall say. */
  readonly book: ShardBook;
  /** The shards with the keys that their processes get. */
  readonly shards: readonly ShardDeployment[];
  /** By key digits: where each claimed key is served. */
  readonly placements: ReadonlyMap<string, Placement>;
  /** Keys that must stop working: those that this plan takes away, and those of plans before that did not become live. */
  readonly revocations: readonly RevokedKey[];
  /** Links that change with this plan, and with plans before that did not become live. */
  readonly moves: readonly Move[];
  /** By shard id: why a running process changes; empty for a shard that is new or stays. */
  readonly reasons: ReadonlyMap<number, readonly string[]>;
}
