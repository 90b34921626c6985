import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "../..");

/** Bundles TypeScript (imports relative to the repository) into a file that node runs, for as long as `work` takes. */
export async function withProgram<T>(source: string, work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-program-"));
  const file = join(folder, "program.cjs");
  try {
    const stdin = { contents: source, resolveDir: root, loader: "ts" } as const;
    await build({ stdin, bundle: true, platform: "node", format: "cjs", outfile: file, logLevel: "error" });
    return await work(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A process whose output can be waited for piece by piece. */
export interface Watched {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** stdout and stderr so far, in the order they came. */
  output(): string;
  /** Resolves when the output holds the text. */
  until(text: string): Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** `timeoutMs`: it is ended then. */
export function watch(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
  timeoutMs = 30_000,
): Watched {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env.PATH, LANG: "C.UTF-8", TERM: "xterm", ...env },
    timeout: timeoutMs,
  });
  let output = "";
  const waiting = new Map<string, () => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (piece: string) => {
      output += piece;
      for (const [text, found] of waiting) if (output.includes(text)) found();
    });
  }
  const ended = new Promise<number | string>((end) =>
    child.once("close", (code, signal) => end(code ?? String(signal))),
  );
  return {
    child,
    ended,
    output: () => output,
    until: (text) =>
      new Promise((found, fail) => {
        if (output.includes(text)) found();
        waiting.set(text, found);
        ended.then((code) => fail(new Error(`ended with ${code} before it said "${text}": ${output}`)));
      }),
  };
}

/** The same on a terminal of its own, which util-linux's `script` makes. */
export function watchOnTerminal(command: readonly string[], env: Record<string, string> = {}): Watched {
  return watch("script", ["--quiet", "--return", "--echo", "never", "--command", command.join(" "), "/dev/null"], env);
}
