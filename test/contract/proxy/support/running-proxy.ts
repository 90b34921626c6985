import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, onTestFinished } from "vitest";
import { type ProxyHome, proxyHome } from "./home.ts";
import { freePort } from "./ports.ts";
import type { ProxyUnderTest } from "./proxies.ts";
import { readStats, type Stats } from "./stats.ts";

/** How a process ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the end, milliseconds. */
  readonly milliseconds: number;
}

export interface RunningProxy {
  readonly pid: number;
  readonly port: number;
  readonly statsPort: number;
  /** Everything on stderr so far. */
  log(): string;
  stats(): Promise<Stats>;
  /** Resolves once so many targets are ready. */
  ready(targets?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  end(name?: NodeJS.Signals): Promise<End>;
  /** Resolves when it ends by itself. */
  ended(): Promise<End>;
}

export interface StartOptions {
  readonly home?: ProxyHome;
  /** Before the configuration file. */
  readonly args?: readonly string[];
  /** Instead of `-p PORT --http-stats`; the start is then not waited for beyond its last line of output. */
  readonly statistics?: readonly string[];
  /** `-c`; 1000. */
  readonly connections?: number;
  /** What the file starts with instead of the proxy, which is then appended. */
  readonly prefix?: readonly string[];
  /** Give back the proxy as soon as it is a process. */
  readonly early?: boolean;
  /** Ends after the last test of the file instead of after the test. */
  readonly shared?: boolean;
}

const START_MS = 60_000;
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a proxy on free ports with /stats. It ends with the test. */
export async function startProxy(proxy: ProxyUnderTest, options: StartOptions = {}): Promise<RunningProxy> {
  const { home = await proxyHome(), args = [], connections = 1000, prefix = [] } = options;
  const [port, statsPort] = [await freePort(), await freePort()];
  const own = ["-u", "nobody", "--aes-pwd", home.secretFile, "-c", String(connections), "-H", String(port)];
  const statistics = options.statistics ?? ["-p", String(statsPort), "--http-stats"];
  const [command = "", ...words] = [...prefix, proxy.command, ...own, ...statistics, ...args, home.configFile];
  const child = spawn(command, words, { stdio: ["ignore", "ignore", "pipe"], cwd: home.folder });
  const handle = watch(child, port, statsPort);
  if (options.shared !== true) onTestFinished(() => void child.kill("SIGKILL"));
  if (options.early !== true) await started(handle, child, options.statistics === undefined);
  return handle;
}

function watch(child: ChildProcess, port: number, statsPort: number): RunningProxy {
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  running.add(child);
  const exit = once(child, "close").then(([code, signal]) => {
    running.delete(child);
    return { code, signal };
  });
  const ended = async (): Promise<End> => {
    const since = performance.now();
    return { ...(await exit), milliseconds: performance.now() - since };
  };
  const stats = (): Promise<Stats> => readStats(statsPort);
  return {
    pid: child.pid ?? 0,
    port,
    statsPort,
    log: () => log,
    stats,
    ready: (targets = 1) => until(async () => Number((await stats()).total_ready_targets) >= targets),
    signal: (name) => void child.kill(name),
    ended,
    end: (name = "SIGTERM") => {
      child.kill(name);
      return ended();
    },
  };
}

async function started(proxy: RunningProxy, child: ChildProcess, hasStats: boolean): Promise<void> {
  const isUp = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`it ended at once: ${proxy.log()}`);
    return proxy.log().includes("main loop") && (!hasStats || (await answers(proxy)));
  };
  await until(isUp, START_MS);
}

async function answers(proxy: RunningProxy): Promise<boolean> {
  return proxy.stats().then(
    () => true,
    () => false,
  );
}

/** Polls until the condition holds; rejects with it after `timeoutMs`. */
export async function until(condition: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms: ${condition}`);
    await sleep(25);
  }
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a proxy that is expected to end by itself; one that comes up is ended with SIGTERM, and its code is then 0. */
export async function runProxy(proxy: ProxyUnderTest, args: readonly string[], cwd: string): Promise<Run> {
  const child = spawn(proxy.command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const out = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      out[name] += text;
      // A second one while the first is being handled would change the exit code.
      if (out.stderr.includes("main loop") && !child.killed) child.kill("SIGTERM");
    });
  }
  const [code] = await once(child, "close");
  running.delete(child);
  return { code, ...out };
}
