import { readFileSync } from "node:fs";
import type { Server } from "node:net";
import { AppError } from "../../domain/errors.ts";
import type { BoundedLog } from "./bounded-log.ts";
import { parseTrialConfig, type TrialConfig } from "./config.ts";
import { notice, type ServerStatus } from "./control-protocol.ts";
import { openControl } from "./control-server.ts";
import { type InstanceRecord, writeRecord } from "./instance-record.ts";
import type { RunFolder } from "./run-folder.ts";
import { TrialServer } from "./trial-server.ts";

const NEWS_MS = 60_000;

interface BackgroundOptions {
  /** Path of the rendered trial.json. */
  readonly configPath: string;
  readonly folder: RunFolder;
  readonly log: BoundedLog;
}

/** The proxy as a background process: with its configuration file, control socket, record and log. */
export class Background {
  readonly #options: BackgroundOptions;
  readonly #server: TrialServer;
  #control: Server | undefined;
  #stopping: Promise<void> | undefined;
  /** One change at a time: two reloads at once would mix two configurations. */
  #lastReload: Promise<unknown> = Promise.resolve();

  private constructor(options: BackgroundOptions, server: TrialServer) {
    this.#options = options;
    this.#server = server;
  }

  /**
   * Resolves when clients and questions are answered.
   * @throws AppError invalid for the configuration, environment for the port
   */
  static async start(options: BackgroundOptions): Promise<Background> {
    const server = await TrialServer.start(readConfig(options.configPath));
    const background = new Background(options, server);
    background.#control = await openControl(options.folder, {
      status: async () => background.status,
      stats: () => server.stats(),
      "user-stats": async () => server.userStats(),
      reload: () => background.reload(),
      stop: async () => {
        setImmediate(() => void background.stop());
        return background.status;
      },
    });
    background.#announce();
    return background;
  }

  get status(): ServerStatus {
    const { config, startedAt, tally } = this.#server;
    return {
      pid: process.pid,
      shardId: config.shardId,
      configDigest: config.configDigest,
      startedAt: startedAt.toISOString(),
      port: config.port,
      liveKeys: config.keys.length,
      notice,
      events: tally.toJSON(),
    };
  }

  /** Reads the configuration again. What cannot be used leaves everything as it was. */
  reload(): Promise<ServerStatus> {
    const reload = this.#lastReload.then(() => this.#reload());
    this.#lastReload = reload.catch((error) => this.#options.log.write(`reload failed: ${error.message}`));
    return reload;
  }

  /** Closes everything and ends the process. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #reload(): Promise<ServerStatus> {
    const config = readConfig(this.#options.configPath);
    if (config.configDigest === this.#server.config.configDigest) return this.status;
    await this.#server.reload(config);
    this.#record();
    this.#options.log.write(`reloaded: port ${config.port}, ${config.keys.length} keys`);
    return this.status;
  }

  async #stop(): Promise<void> {
    const { log } = this.#options;
    log.write("stopping");
    await this.#server.close();
    this.#control?.close();
    this.#record(0);
    log.write("stopped");
    process.exit(0);
  }

  #announce(): void {
    const { log } = this.#options;
    const { port, keys } = this.#server.config;
    this.#record();
    log.write(`started: pid ${process.pid}, port ${port}, ${keys.length} keys`);
    log.write(`notice: ${notice}`);
    setInterval(() => this.#tellNews(), NEWS_MS).unref();
  }

  #tellNews(): void {
    for (const sentence of this.#server.tally.news()) this.#options.log.write(`last minute: ${sentence}`);
  }

  #record(exitCode?: number): void {
    const { pid, shardId, configDigest, startedAt } = this.status;
    const record: InstanceRecord = { pid, shardId, configDigest, startedAt };
    writeRecord(this.#options.folder, exitCode === undefined ? record : { ...record, exitCode });
  }
}

function readConfig(path: string): TrialConfig {
  return parseTrialConfig(readFile(path));
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new AppError("environment", `the trial server cannot read its configuration: ${String(error)}`, {
      hint: "mtproxy apply writes it",
    });
  }
}
