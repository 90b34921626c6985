import type { ConfigParts } from "../domain/config-parts.ts";
import type { Capabilities, ImageVerdict } from "../domain/engine-facts.ts";
import type { ProxyStats, UserStats } from "../domain/proxy-stats.ts";
import type { ResourceUse } from "../domain/resource-use.ts";
import type { Side } from "../domain/shard.ts";
import type { EdgeEngine } from "./edge-engine.ts";

/** One running (or stopped) process of a shard, in the engine's view. */
export interface Instance {
  readonly shardId: number;
  /** `a` when absent. */
  readonly side?: Side;
  /** Engine's own id: a container id or a process id. */
  readonly id: string;
  readonly running: boolean;
  /** Digest of the rendered configuration it was started with; see render/digest.ts. */
  readonly configDigest?: string;
  /** See render/config-digest.ts; in edge routing. */
  readonly parts?: ConfigParts;
  /** ISO 8601. */
  readonly startedAt?: string;
  /** Exit code of a stopped instance. */
  readonly exitCode?: number;
  readonly restarts: number;
  /** Its first process as this host sees it; absent when it does not run, or runs on another host. */
  readonly pid?: number;
}

/** What `up` shall make true of one shard. */
export interface ShardTarget {
  readonly shardId: number;
  /** `a` when absent. */
  readonly side?: Side;
  readonly configDigest: string;
}

export interface ProbeImageOptions {
  readonly fresh?: boolean;
}

/** As each part prints it, for instance `20.10.24+dfsg1`. */
export interface EngineVersions {
  readonly daemon: string;
  readonly compose: string;
  /** Words that start compose. */
  readonly composeCommand: readonly string[];
}

export interface LogOptions {
  /** That instance's; the one that serves when absent. */
  readonly side?: Side;
  /** Lines from the end. */
  readonly tail?: number;
  readonly follow?: boolean;
  /** Only what was printed since (RFC 3339). */
  readonly since?: string;
  /** Each line begins with the engine's time of it (RFC 3339 with nanoseconds) and a blank. */
  readonly timestamps?: boolean;
  /** Ends `follow`. */
  readonly signal?: AbortSignal;
}

/** An instance at a look. */
export interface InstanceLook extends Pick<Instance, "shardId" | "side" | "id" | "running"> {
  /** Absent when it does not run or does not answer. */
  readonly stats?: ProxyStats;
}

export interface EngineLook {
  /** Both of a shard that has two, the one that serves first. */
  readonly instances: readonly InstanceLook[];
  /** Undefined when nobody can tell. */
  readonly resources: readonly ResourceUse[] | undefined;
}

/**
 * Runs shards. Implemented by `docker` (the C proxy in containers), `trial` (our own proxy in one background process) and
 * `memory` (test/support). One contract suite runs against all. Every method throws AppError: `environment` when the engine
 * itself cannot be used (missing, down, no permission), `engine` when it could but failed; the message carries its own words.
 */
export interface Engine {
  readonly name: "docker" | "trial" | "memory";
  readonly capabilities: Capabilities;
  /** What an admin must know about this engine; shown with every status. */
  readonly notice?: string;

  /** Cheap and without side effects: is the engine there? Throws `environment` with what is missing and how to get it. */
  check(): Promise<void>;

  /** What the engine consists of; changes nothing. Throws like `check`. Absent where it is part of this product. */
  versions?(): Promise<EngineVersions>;

  /** The instance of each shard that there is, running or not; of two the one that runs, then the newest. */
  instances(): Promise<Instance[]>;

  /**
   * Makes the rendered files live: creates or recreates the instances of `changed`, ends those of `removed`, touches no other.
   * Returns when the processes run, not when they are healthy. Running it twice does nothing the second time.
   */
  up(changed: readonly ShardTarget[], removed: readonly number[]): Promise<void>;

  /** Stops the instances of the shards (all when none are named) and keeps them for `start`. */
  stop(shardIds?: readonly number[]): Promise<void>;
  start(shardIds?: readonly number[]): Promise<void>;
  restart(shardIds?: readonly number[]): Promise<void>;

  /** Asks the process to re-read proxy-multi.conf. Only where the image verdict says that it can. */
  reload(shardId: number): Promise<void>;

  /** Throws `engine` when the shard does not run or does not answer. `side`: of that instance. */
  stats(shardId: number, side?: Side): Promise<ProxyStats>;

  /** Per-user figures of everyone who has a live key; absent where the proxy cannot tell. Throws like `stats`. */
  userStats?(): Promise<UserStats[]>;

  /** What the running containers or processes of this home use, HAProxy's among them; absent where nobody can tell. */
  resources?(): Promise<ResourceUse[]>;

  /**
   * What `instances`, `edge.others`, `stats` and `resources` tell, at the least cost: for whoever looks again and again. Absent where those
   * cost little.
   */
  look?(): Promise<EngineLook>;

  /** The proxy's own output, oldest first. */
  logs(shardId: number, options?: LogOptions): AsyncIterable<string>;

  /**
   * Finds out what the binary in an image can do; pulls the image when it is not there, and with `fresh` the newest of that name where
   * the registry answers. Trial: throws `environment`.
   */
  probeImage(image: string, options?: ProbeImageOptions): Promise<ImageVerdict>;

  /** What edge routing takes; absent where nothing can stand before the shards. */
  readonly edge?: EdgeEngine;

  /** Names (with tag or digest) of the images on this host; absent where there are none. */
  localImages?(): Promise<readonly string[]>;
}
