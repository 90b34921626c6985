import type { EngineRecord } from "./engine-facts.ts";
import type { Key } from "./key.ts";
import type { Settings } from "./settings.ts";
import type { Shard } from "./shard.ts";

/** A key that a process shall accept now. */
export interface LiveKey {
  readonly key: Key;
  /** User name or `sharedHolder`; absent for spare and throwaway keys. */
  readonly holder?: string;
}

/** A shard with the keys that its process gets: a disabled user's slot is filled with a throwaway key here. */
export interface ShardDeployment {
  readonly shard: Shard;
  readonly liveKeys: readonly LiveKey[];
}

/** Telegram's two files as the proxies read them. */
export interface TelegramFiles {
  readonly proxySecret: Uint8Array;
  readonly proxyMultiConf: Uint8Array;
}

/** Everything that rendering needs: what the plan asks for, and what was learned about the host and the image. */
export interface Deployment {
  readonly settings: Settings;
  readonly engineRecord: EngineRecord;
  readonly shards: readonly ShardDeployment[];
  /** Absent for the trial engine, which does not read them. */
  readonly telegram?: TelegramFiles;
  /** IPv4 address from which Telegram sees the containers: right half of `--nat-info`. */
  readonly egressIpv4?: string;
  /** In edge routing. */
  readonly edge?: {
    /** The shards' own network. */
    readonly subnet: string;
  };
  /** uid and gid that the containers run as. */
  readonly containerUser: { readonly uid: number; readonly gid: number };
}
