import type { Readable } from "node:stream";
import type { Container } from "dockerode";
import type { LogOptions } from "../engine.ts";
import { readFrames, readLines } from "./frames.ts";

/** What a container printed, line by line; with `follow` until it ends or the reader stops. */
export async function* containerLines(container: Container, options: LogOptions = {}): AsyncGenerator<string> {
  const { tail, follow, since, timestamps, signal } = options;
  const what = {
    stdout: true,
    stderr: true,
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since: unixTime(since) }),
    ...(timestamps === true ? { timestamps } : {}),
  };
  if (follow !== true) {
    yield* readLines(readFrames(once(await container.logs({ ...what, follow: false }))));
    return;
  }
  const source = (await container.logs({ ...what, follow: true })) as Readable;
  const stop = (): void => void source.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  // It may have been while the engine was asked.
  if (signal?.aborted === true) stop();
  try {
    yield* readLines(readFrames(source));
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

/** Seconds as the daemon takes them, to the nanosecond: `1795262372.270842001`. */
function unixTime(instant: string): string {
  const [, fraction = ""] = /\.(\d+)Z$/.exec(instant) ?? [];
  return `${Math.floor(Date.parse(instant) / 1000)}.${fraction.padEnd(9, "0")}`;
}

/** The last lines of a container, for an error; none when there is no log. */
export async function lastLines(container: Container, tail: number): Promise<string[]> {
  const lines: string[] = [];
  try {
    for await (const line of containerLines(container, { tail })) lines.push(line);
  } catch {
    // A container that never started, or is gone: it said nothing.
  }
  return lines;
}

/** What a program in a running container printed and how it ended. */
interface Execution {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a container as the container's own user. */
export async function execute(container: Container, command: readonly string[]): Promise<Execution> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const streams = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  for await (const { stream, bytes } of readFrames(await exec.start({}))) streams[stream].push(bytes);
  const { ExitCode } = await exec.inspect();
  const text = (parts: Uint8Array[]): string => Buffer.concat(parts).toString("utf8");
  return { exitCode: ExitCode ?? -1, stdout: text(streams.stdout), stderr: text(streams.stderr) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
