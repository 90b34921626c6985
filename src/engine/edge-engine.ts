import type { Side } from "../domain/shard.ts";
import type { Instance, LogOptions } from "./engine.ts";

/** The container of HAProxy. */
export interface HaproxyContainer {
  readonly id: string;
  readonly running: boolean;
  /** Of what it was made from; see render/edge-service.ts. */
  readonly digest: string;
  /** The image by the name that it was made from, and `sha256:…` of its configuration. */
  readonly image: string;
  readonly imageId: string;
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly restarts: number;
}

export interface InstanceName {
  readonly shardId: number;
  readonly side: Side;
}

/** What an engine does in edge routing beside running shards. Throws like `Engine`. */
export interface EdgeEngine {
  /** Instances beside those of `instances()`: the other one of a shard that has two. */
  others(): Promise<Instance[]>;
  /** Stops instances and keeps them for `start`. */
  stop(instances: readonly InstanceName[]): Promise<void>;
  start(instances: readonly InstanceName[]): Promise<void>;
  /** Ends instances; no error for one that is gone. */
  remove(instances: readonly InstanceName[]): Promise<void>;
  /** IPv4 networks that the engine gave away, `ADDRESS/BITS`. */
  networks(): Promise<string[]>;
  /** That of the shards, where there is one of before: instances cannot have addresses of another. */
  subnet(): Promise<string | undefined>;
  /** Makes an image be there, pulled where it is not. Gives `sha256:…` of its configuration. */
  obtain(image: string): Promise<string>;
  /** What the HAProxy in an image that is there calls itself, for instance `3.0.11-1+deb13u3`. AppError environment when there is none. */
  haproxyVersion(image: string): Promise<string>;
  /** Undefined when there is none. */
  haproxy(): Promise<HaproxyContainer | undefined>;
  /** Creates it, or makes it anew where what it is made from changed, and starts it. */
  startHaproxy(): Promise<void>;
  /** What HAProxy says against the rendered configuration; undefined when it takes it. It must run. */
  checkConfig(): Promise<string | undefined>;
  stopHaproxy(): Promise<void>;
  removeHaproxy(): Promise<void>;
  /** What it printed (nothing when `container` is named and another one has its place): a line for each connection that ended, and its own words. */
  haproxyLogs(options?: LogOptions & { readonly container?: string }): AsyncIterable<string>;
}
