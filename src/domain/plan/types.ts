import type { ShardDeployment } from "../deployment.ts";
import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import type { Settings } from "../settings.ts";
import type { ShardBook } from "../shard.ts";
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
  /** Cover domain of a shard that is opened before anyone asks for one. */
  readonly coverDomain: string;
  /** IPv4 addresses that cover domains shall be pinned to from now on; the others keep the address they have. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Ports that something else on the host holds. */
  readonly busyPorts?: ReadonlySet<number>;
  /** A running shard may be restarted to add a cover domain to it. */
  readonly allowRestart?: boolean;
  /** Random keys, as many as asked for. */
  readonly newKey: () => Key;
}

/** A key that was somebody's and is nobody's now; it must stop working. */
export interface Revocation {
  readonly holder: string;
  readonly shardId: number;
}

/** Where a holder's link leads. */
export interface Placement {
  readonly holder: string;
  readonly shardId: number;
  readonly port: number;
}

/** A holder whose link changes. */
export interface Move {
  readonly holder: string;
  readonly fromPort: number;
  readonly toPort: number;
}

export interface Plan {
  /** What shards.json shall say. */
  readonly book: ShardBook;
  /** The shards with the keys that their processes get. */
  readonly shards: readonly ShardDeployment[];
  /** By key digits: where each claimed key is served. */
  readonly placements: ReadonlyMap<string, Placement>;
  readonly revocations: readonly Revocation[];
  readonly moves: readonly Move[];
  /** By shard id: why a running process changes; empty for a shard that is new or stays. */
  readonly reasons: ReadonlyMap<number, readonly string[]>;
  /** Ids of shards that are given up. */
  readonly retired: readonly number[];
}
