import { spawn } from "node:child_process";
import { endWithUs, ownGroup } from "../own-group.ts";

/** After SIGTERM. */
const GRACE_MS = 2000;
const MOST_OUTPUT = 2000;

/**
 * Starts a program in a group of its own, without a shell, gives it something to read and waits until it has ended; what it started and
 * left behind ends with it when it takes too long.
 * @throws Error with what it said, when it could not be started, took too long, or did not end with 0
 */
export async function runWithInput(words: readonly string[], input: string, timeoutMs: number): Promise<void> {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { ...ownGroup, env: environment(), stdio: ["pipe", "pipe", "pipe"] });
  endWithUs(child);
  // It need not read what it is given.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  let said = "";
  const listen = (piece: Buffer) => {
    said = (said + piece.toString("utf8")).slice(0, MOST_OUTPUT);
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    endGroup(child.pid);
  }, timeoutMs);
  const end = await new Promise<string | number>((resolve, reject) => {
    child.once("error", (error) => reject(new Error(notStarted(program, error))));
    child.once("exit", (code, signal) => resolve(code ?? signal ?? ""));
  }).finally(() => {
    clearTimeout(late);
    // What it left behind may hold the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
  });
  if (isLate) throw new Error(`${program} took longer than ${timeoutMs / 1000} s`);
  if (end !== 0) throw new Error(`${program} ended with ${end}${said.trim() === "" ? "" : `: ${firstLine(said)}`}`);
}

function notStarted(program: string, error: Error): string {
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOENT") return `there is no program ${program}`;
  return code === "EACCES" ? `${program} may not be run` : `${program} cannot be started: ${error.message}`;
}

/** Nothing of ours is in it. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TZ } = process.env;
  return { PATH, HOME, LANG, TZ };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  signalGroup(pid, "SIGTERM");
  setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended.
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
