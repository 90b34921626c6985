import { type ChildProcess, spawn } from "node:child_process";
import { chmod, chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { agentUser } from "../../../src/domain/agent.ts";
import type { EdgeConfig } from "../../../src/domain/edge.ts";
import { renderHaproxy } from "../../../src/render/haproxy.ts";
import { homePaths } from "../../../src/state/paths.ts";

/** HAPROXY_BIN names another version's than the one that is installed. */
export const haproxyProgram = process.env.HAPROXY_BIN || "haproxy";

/** HAProxy's own rights: root's tests let it drop them as it does in its container. */
export const edgeUser =
  process.getuid?.() === 0
    ? { uid: 10003, gid: 10003 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** Makes it the agents' where they run as a user of their own. */
export async function giveToAgents(path: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, agentUser.uid, agentUser.gid);
}

export interface EdgeFolders {
  /** Of the agents. */
  readonly home: string;
  readonly config: string;
  readonly run: string;
  readonly agents: string;
}

/** What is asked for of the log; without `follow` the last line. */
export interface LogWish {
  readonly since?: string;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** The folders that HAProxy and the agents share, under one that goes with the test and is the agents' home. */
export async function edgeFoldersIn(folder: string): Promise<EdgeFolders> {
  // HAProxy drops its rights and has to find the sockets.
  await chmod(folder, 0o711);
  const { agents } = homePaths(folder);
  const folders = { home: folder, config: join(folder, "config"), run: join(folder, "run"), agents };
  for (const path of [folders.config, folders.run, agents]) await mkdir(path, { mode: 0o755, recursive: true });
  await chown(folders.run, edgeUser.uid, edgeUser.gid);
  await giveToAgents(agents);
  return folders;
}

/** A HAProxy in master-worker mode, as its container runs it. */
export class RunningHaproxy {
  readonly #folders: EdgeFolders;
  #process: ChildProcess;
  readonly #lines: string[] = [];
  /** When each line came, as the engine would write it down: no two are the same. */
  readonly #times: string[] = [];

  private constructor(folders: EdgeFolders, child: ChildProcess) {
    this.#folders = folders;
    this.#process = child;
    this.#listen(child);
  }

  #listen(child: ChildProcess): void {
    let rest = "";
    const read = (chunk: Buffer): void => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        this.#times.push(
          new Date().toISOString().replace("Z", `${String(this.#lines.length % 1e6).padStart(6, "0")}Z`),
        );
        this.#lines.push(line);
      }
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
  }

  /** @param within words that start a program somewhere else: in another network */
  static async start(
    folders: EdgeFolders,
    config: EdgeConfig,
    within: readonly string[] = [],
  ): Promise<RunningHaproxy> {
    await writeConfig(folders, config);
    const haproxy = new RunningHaproxy(folders, launch(folders, within));
    onTestFinished(() => haproxy.stop());
    await vi.waitFor(() => expect(haproxy.output).toContain("Loading success"), 10_000);
    // The master says so before it listens.
    await vi.waitFor(() => haproxy.askMaster("show proc"), 10_000);
    return haproxy;
  }

  /** What it prints piles up where it can, and is lost where it cannot. */
  stopReading(): void {
    this.#process.stdout?.pause();
  }

  /** What it printed since then, with the time of each line, and what it prints from now on; as the engine keeps it. */
  async *log({ since, signal, follow }: LogWish): AsyncGenerator<string> {
    if (follow !== true && this.#lines.length > 0) yield `${this.#times.at(-1)} ${this.#lines.at(-1)}`;
    for (let index = 0; follow === true && signal?.aborted !== true; ) {
      for (; index < this.#lines.length; index += 1) {
        const at = this.#times[index] ?? "";
        if (since === undefined || at >= since) yield `${at} ${this.#lines[index]}`;
      }
      await new Promise((later) => setTimeout(later, 10));
    }
  }

  /** Everything that it printed. */
  get output(): string {
    return this.#lines.join("\n");
  }

  /** Its records of connections that ended, oldest first, as fields. */
  get records(): Readonly<Record<string, string>>[] {
    return this.#lines
      .filter((line) => line.startsWith("mtproxy "))
      .map((line) =>
        Object.fromEntries(
          line
            .split(" ")
            .slice(1)
            .map((field) => field.split(/=(.*)/s).slice(0, 2)),
        ),
      );
  }

  /** What the worker answers to a line at its socket. */
  ask(line: string): Promise<string> {
    return askSocket(join(this.#folders.run, "haproxy.sock"), line);
  }

  /** What the master answers. */
  askMaster(line: string): Promise<string> {
    return askSocket(masterSocket(this.#folders), line);
  }

  /** Seconds of CPU time that its worker used so far. */
  async cpuSeconds(): Promise<number> {
    const pid = /^Pid: (\d+)$/m.exec(await this.ask("show info"))?.[1];
    // utime and stime, behind the name in parentheses (proc(5)).
    const [, , , , , , , , , , , user, system] =
      (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
    return (Number(user) + Number(system)) / TICKS_PER_SECOND;
  }

  /** Takes over another configuration as `mtproxy` does. */
  async reload(config: EdgeConfig): Promise<void> {
    // Before, it would not hand its tables over.
    await vi.waitFor(
      async () => expect(uptime(await this.ask("show info"))).toBeGreaterThan(HANDS_OVER_AFTER_S),
      15_000,
    );
    await writeConfig(this.#folders, config);
    const before = this.#lines.filter((line) => line.includes("Loading success")).length;
    this.#process.kill("SIGUSR2");
    const loaded = () => this.#lines.filter((line) => line.includes("Loading success")).length;
    await vi.waitFor(() => expect(loaded(), this.output).toBeGreaterThan(before), 10_000);
  }

  /** What a crash and the engine's restart policy do. */
  async restartKilled(): Promise<void> {
    const ended = new Promise((done) => this.#process.once("exit", done));
    const pid = /^Pid: (\d+)$/m.exec(await this.ask("show info"))?.[1];
    process.kill(Number(pid), "SIGKILL");
    await ended;
    const before = this.loads;
    this.#process = launch(this.#folders);
    this.#listen(this.#process);
    await vi.waitFor(() => expect(this.loads).toBeGreaterThan(before), 10_000);
  }

  /** How often a configuration was loaded. */
  private get loads(): number {
    return this.#lines.filter((line) => line.includes("Loading success")).length;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((done) => this.#process.once("exit", done));
    this.#process.kill("SIGTERM");
    await ended;
  }
}

/** sysconf(_SC_CLK_TCK) of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Seconds. */
const HANDS_OVER_AFTER_S = 6;

function uptime(info: string): number {
  return Number(/^Uptime_sec: (\d+)$/m.exec(info)?.[1]);
}

function launch(folders: EdgeFolders, within: readonly string[] = []): ChildProcess {
  const [program = "", ...args] = [
    ...within,
    haproxyProgram,
    ...["-W", "-S", masterSocket(folders), "-f", join(folders.config, "haproxy.cfg")],
  ];
  return spawn(program, args);
}

function masterSocket({ run }: EdgeFolders): string {
  return join(run, "master.sock");
}

async function writeConfig({ home: _, ...folders }: EdgeFolders, config: EdgeConfig): Promise<void> {
  for (const { path, content, mode } of renderHaproxy(config, folders)) {
    const target = join(dirname(folders.config), "config", path.replace(/^haproxy\//, ""));
    await writeFile(target, content, { mode });
  }
}

function askSocket(path: string, line: string): Promise<string> {
  return new Promise((answered, failed) => {
    const socket = connect(path);
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("end", () => answered(answer));
    socket.on("error", failed);
    socket.end(`${line}\n`);
  });
}
