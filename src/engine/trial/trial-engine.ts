import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { trialCapabilities } from "../../domain/engine-facts.ts";
import { AppError } from "../../domain/errors.ts";
import type { ProxyStats, UserStats } from "../../domain/proxy-stats.ts";
import type { ResourceUse } from "../../domain/resource-use.ts";
import { shardName } from "../../domain/shard.ts";
import type { Engine, Instance, LogOptions, ShardTarget } from "../engine.ts";
import { askServer } from "./control-client.ts";
import { type ControlAnswers, type ControlCommand, notice } from "./control-protocol.ts";
import { type InstanceRecord, readRecord, removeRecord } from "./instance-record.ts";
import { findServerProgram, launch, logPath } from "./launch.ts";
import { processUse } from "./process-use.ts";
import { isServerOf, waitForEnd } from "./processes.ts";
import { readLog } from "./read-log.ts";
import { RunFolder } from "./run-folder.ts";

interface TrialEngineOptions {
  /** Folder of the rendered files: trial.json is there. */
  readonly rendered: string;
  /** The home's run folder: socket, lock and record of the server. */
  readonly run: string;
  readonly logs: string;
  /** The bundled server; found beside this program when absent. */
  readonly program?: string;
}

const STATUS_MS = 2_000;
const STOP_MS = 3_000;
const JOIN_TRIES = 50;
const JOIN_PAUSE_MS = 100;

/** Our own proxy in one background process of this user: no Docker, no root. One shard, one instance. */
export function createTrialEngine(options: TrialEngineOptions): Engine {
  return new TrialEngine(options);
}

class TrialEngine implements Engine {
  readonly name = "trial";
  readonly capabilities = trialCapabilities;
  readonly notice = notice;
  readonly #options: TrialEngineOptions;

  constructor(options: TrialEngineOptions) {
    this.#options = options;
  }

  async check(): Promise<void> {
    this.#program();
    if (!isOnPath("flock")) {
      throw new AppError("environment", "the trial engine needs the flock program", { hint: "apt install util-linux" });
    }
  }

  async instances(): Promise<Instance[]> {
    const status = await this.#ask("status", STATUS_MS).catch(unlessItHangs);
    const record = status ?? this.#record();
    if (record === undefined) return [];
    const { shardId, pid, configDigest, startedAt } = record;
    const running = status !== undefined || isServerOf(this.#options.run, pid);
    const ended = !running && "exitCode" in record ? { exitCode: record.exitCode } : {};
    const there = running ? { pid } : {};
    return [{ shardId, id: String(pid), running, configDigest, startedAt, restarts: 0, ...there, ...ended }];
  }

  async up(changed: readonly ShardTarget[], removed: readonly number[]): Promise<void> {
    if (changed.length > 0) return this.#serve();
    const [instance] = await this.instances();
    if (instance === undefined || !removed.includes(instance.shardId)) return;
    await this.stop();
    this.#inRunFolder(removeRecord);
  }

  async stop(): Promise<void> {
    const [instance] = await this.instances();
    if (instance?.running !== true) return;
    await this.#ask("stop", STOP_MS).catch(unlessItHangs);
    await waitForEnd(this.#options.run, Number(instance.id), STOP_MS);
  }

  async start(): Promise<void> {
    if ((await this.#ask("status")) === undefined) await this.#launch();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.#launch();
  }

  /** There is no proxy-multi.conf here; the server reads its own configuration again. */
  async reload(): Promise<void> {
    await this.#askRunning("reload");
  }

  stats(): Promise<ProxyStats> {
    return this.#askRunning("stats");
  }

  async userStats(): Promise<UserStats[]> {
    return [...(await this.#askRunning("user-stats"))];
  }

  async resources(): Promise<ResourceUse[]> {
    const [instance] = await this.instances();
    return instance?.pid === undefined ? [] : await processUse(shardName(instance.shardId), instance.pid);
  }

  logs(_shardId: number, options: LogOptions = {}): AsyncIterable<string> {
    return readLog(logPath(this.#options.logs), options);
  }

  async probeImage(): Promise<never> {
    throw new AppError("environment", "the trial engine runs no images", {
      hint: "mtproxy setup --engine docker chooses the engine that does",
    });
  }

  /** Reloads the server that runs, or starts one. */
  async #serve(): Promise<void> {
    if ((await this.#ask("reload")) === undefined) await this.#launch();
  }

  /** Two who start it at once get one server: the second waits for the first one's. */
  async #launch(): Promise<void> {
    const { rendered, run, logs } = this.#options;
    try {
      await launch({ program: this.#program(), config: join(rendered, "trial.json"), run, logs });
    } catch (error) {
      const hasBeenStarted = error instanceof AppError && error.kind === "conflict";
      if (!hasBeenStarted || !(await this.#joins())) throw error;
    }
  }

  async #joins(): Promise<boolean> {
    for (let tries = 0; tries < JOIN_TRIES; tries++) {
      if ((await this.#ask("reload")) !== undefined) return true;
      await setTimeout(JOIN_PAUSE_MS);
    }
    return false;
  }

  #program(): string {
    const program = this.#options.program ?? findServerProgram();
    if (program !== undefined && existsSync(program)) return program;
    throw new AppError("environment", "the trial server's program is not there", {
      hint: "install the package again; in a checkout: npm run build",
    });
  }

  #ask<C extends ControlCommand>(command: C, timeoutMs?: number): Promise<ControlAnswers[C] | undefined> {
    return askServer(this.#options.run, command, timeoutMs);
  }

  async #askRunning<C extends ControlCommand>(command: C): Promise<ControlAnswers[C]> {
    const answer = await this.#ask(command);
    if (answer !== undefined) return answer;
    throw new AppError("engine", "the trial server does not run", { hint: "mtproxy start" });
  }

  #record(): InstanceRecord | undefined {
    return this.#inRunFolder(readRecord);
  }

  /** Undefined when there is no run folder: then nothing was ever started. */
  #inRunFolder<T>(work: (folder: RunFolder) => T): T | undefined {
    let folder: RunFolder | undefined;
    try {
      folder = new RunFolder(this.#options.run);
    } catch {
      return undefined;
    }
    try {
      return work(folder);
    } finally {
      folder.close();
    }
  }
}

/** A server that does not answer is there all the same. */
function unlessItHangs(error: unknown): undefined {
  if (!(error instanceof AppError) || error.kind !== "engine") throw error;
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
