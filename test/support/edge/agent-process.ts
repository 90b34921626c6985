import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { onTestFinished } from "vitest";
import type { AgentNumber } from "../../../src/domain/agent.ts";
import { type Watched, watch } from "../run-source.ts";

const PROGRAM = resolve(import.meta.dirname, "../../../bin/familytraffic-mtproxy");

interface StartOptions {
  /** Command that it is started by, with its arguments. */
  readonly within?: readonly string[];
  readonly program?: string;
}

/** `mtproxy agent N`, as the host runs it. */
export class AgentProcess {
  readonly #watched: Watched;

  private constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Does not wait until it serves. */
  static launch(
    home: string,
    number: AgentNumber,
    { within = [], program = PROGRAM }: StartOptions = {},
  ): AgentProcess {
    const [file = process.execPath, ...args] = [...within, process.execPath, program, "--home", home];
    const agent = new AgentProcess(watch(file, [...args, "agent", String(number)]));
    onTestFinished(() => agent.kill());
    return agent;
  }

  static async start(home: string, number: AgentNumber, options?: StartOptions): Promise<AgentProcess> {
    const agent = AgentProcess.launch(home, number, options);
    await agent.until("ready");
    return agent;
  }

  get pid(): number {
    const { pid } = this.#watched.child;
    if (pid === undefined) throw new Error("the agent did not start");
    return pid;
  }

  get output(): string {
    return this.#watched.output();
  }

  /** Exit code, or the signal that ended it. */
  get ended(): Promise<number | string> {
    return this.#watched.ended;
  }

  until(text: string): Promise<void> {
    return this.#watched.until(text);
  }

  signal(name: NodeJS.Signals): void {
    this.#watched.child.kill(name);
  }

  /** As a service is stopped. */
  async close(): Promise<void> {
    this.signal("SIGTERM");
    await this.ended;
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** Bytes that it has in memory now. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, "utf8");
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  }
}
