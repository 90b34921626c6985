import type { Settings } from "./domain/settings.ts";
import type { Engine } from "./engine/engine.ts";
import type { RelayEngine } from "./engine/relay-engine.ts";
import type { Haproxy } from "./haproxy.ts";
import type { History, HistoryReader } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { Agents, Clock, ConnectionLog, Files, HomePaths, Host, Locks, Progress, Random } from "./ports.ts";
import type { Stores } from "./state/stores.ts";

/** Everything that a use case may touch. Commands build it once; tests build it from the same pieces in a temporary home. */
export interface Context {
  readonly paths: HomePaths;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly locks: Locks;
  readonly host: Host;
  readonly agents: Agents;
  /** The running one, where HAProxy routes. */
  haproxy(): Promise<Haproxy>;
  /** Of the edge; the daemon writes it. */
  readonly connectionLog: ConnectionLog;
  /**
   * What was, to write: one process at a time, which is the daemon. Whoever asks first opens it, everybody gets the same; one that was
   * closed, or could not be opened, is opened anew.
   */
  history(): Promise<History>;
  /** What was, to read, whoever writes meanwhile; empty where nothing was ever written. Who asks closes it. */
  historyReader(): Promise<HistoryReader>;
  readonly progress: Progress;
  /**
   * From here on the first Ctrl-C (or SIGTERM, or a closed terminal) lets the command finish and only tells people so; the second
   * one ends it. For what must not stay half done: somebody might keep access that was taken away.
   */
  putOffInterrupts(): void;
  /** The engine that the settings name. Loaded on demand: dockerode is heavy. */
  engine(settings: Settings): Promise<Engine>;
}

/** For the few use cases that touch the machine outside the home: setup and uninstall. */
export interface HostContext extends Context {
  readonly machine: Machine;
}

/** For what passes clients on from this machine to other servers: it needs no home. */
export interface RelayContext extends Context {
  /** The relay whose files are in this folder, an absolute path. Loaded on demand. */
  relay(folder: string): Promise<{ readonly engine: RelayEngine; readonly haproxy: Haproxy }>;
}
