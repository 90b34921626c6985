import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Envelope } from "../../src/ui/output.ts";
import { readEnvelope } from "./schemas.ts";

const bin = resolve(import.meta.dirname, "../../bin");

export interface CliOptions {
  /** FAMILYTRAFFIC_HOME; without it the product's own default, so give one. */
  readonly home?: string;
  readonly program?: "familytraffic-mtproxy" | "vless-user" | "vless-mtproxy-setup" | "vless-mtproxy-uninstall";
  /** Added to an environment that has nothing but PATH and LANG. */
  readonly env?: Readonly<Record<string, string>>;
  /** Command that it is started by: a program that changes what the process may do, with its arguments. */
  readonly within?: readonly string[];
  /** Written to stdin, which is closed then. */
  readonly input?: string;
  /** The whole command ends with it: SIGTERM, as a test's last resort. 60 s. */
  readonly timeoutMs?: number;
}

export interface CliResult {
  /** Exit code; a signal's name when one ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
  /** The envelope of `--json`; throws when stdout is not exactly one, or not what its schema says. */
  readonly json: Envelope;
}

/** Runs the built command line as a user has it: bin/ with arguments, in a clean environment, without a terminal. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  child.stdin.end(options.input ?? "");
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | string>((end, fail) => {
      child.once("error", fail);
      child.once("close", (exit, signal) => end(exit ?? String(signal)));
    }),
  ]);
  const read = () => readEnvelope(stdout, args.join(" "));
  // Whether the test looks at it or not.
  if (asksForJson(args) && stdout.startsWith("{")) read();
  return {
    code,
    stdout,
    stderr,
    get json() {
      return read();
    },
  };
}

/** What follows `--` is no option. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end === -1 ? args.length : end).includes("--json");
}

/** The same, still running: for tests that send signals or close its output. */
export function startCli(args: readonly string[], options: CliOptions = {}) {
  const { home, program = "familytraffic-mtproxy", env = {}, within = [], timeoutMs = 60_000 } = options;
  const [file = process.execPath, ...rest] = [...within, process.execPath, join(bin, program), ...args];
  return spawn(file, rest, {
    env: { ...cleanEnv, ...(home === undefined ? {} : { FAMILYTRAFFIC_HOME: home }), ...env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: timeoutMs,
  });
}

/** Calls `work` with a fresh folder for a home, which is gone afterwards. */
export async function withHome<T>(work: (home: string) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), "mtproxy-home-"));
  try {
    return await work(home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

const cleanEnv = { PATH: process.env.PATH, LANG: "C.UTF-8" };

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = "";
  for await (const chunk of stream.setEncoding("utf8")) all += chunk;
  return all;
}
