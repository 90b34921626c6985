import type { ShardDeployment } from "../deployment.ts";
import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import type { Settings } from "../settings.ts";
import type { ModeFamily, ShardBook } from "../shard.ts";
import type { SharedSecret } from "../shared-secret.ts";
import type { User } from "../user.ts";
import { claimsOf } from "./claim.ts";
import { completeShard } from "./complete.ts";
import { describePlan } from "./describe.ts";
import type { DraftShard } from "./draft.ts";
import { newShard, openDefaultShard, portSupply } from "./open-shard.ts";
import { placeClaims } from "./place.ts";
import { type Revocation, retainShards } from "./retain.ts";
import { isSuperfluous } from "./retire.ts";

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

/**
 * From what is wanted to the shards that serve it: a pure function, but for the keys that it is handed. Placement is stable: whoever
 * has a place keeps it until the key goes, the mode changes or the engine cannot run the shard.
 * @throws AppError conflict when the port range has no port left
 */
export function makePlan(input: PlanInput): Plan {
  const { book, capabilities, newKey } = input;
  const claims = claimsOf(input.users, input.sharedSecrets, capabilities);
  const open = new Map(claims);
  const { drafts, revocations } = retainShards(book.shards, open, capabilities, newKey);
  const ports = portSupply(input, drafts);
  const openShard = (family: ModeFamily, coverDomains: readonly string[]): DraftShard =>
    newShard(drafts, family, coverDomains, ports);

  if (drafts.length === 0) drafts.push(openDefaultShard(input, openShard));
  placeClaims(open.values(), drafts, { capabilities, allowRestart: input.allowRestart ?? false, open: openShard });
  const kept = drafts.filter((shard) => !isSuperfluous(shard, drafts));
  for (const shard of kept) completeShard(shard, input);
  return describePlan(input.book, claims, kept, revocations);
}
