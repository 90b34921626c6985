import { open, readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { LogOptions } from "../engine.ts";
import { olderLog } from "./bounded-log.ts";

const POLL_MS = 200;

/** Lines of a bounded log, oldest first; with `follow` also those to come, until the reader stops asking. */
export async function* readLog(path: string, { tail, follow = false }: LogOptions): AsyncIterable<string> {
  const current = await textOf(path);
  const lines = toLines((await textOf(olderLog(path))) + current);
  yield* tail === undefined ? lines : lines.slice(Math.max(0, lines.length - tail));
  if (follow) yield* followLog(path, Buffer.byteLength(current));
}

async function* followLog(path: string, from: number): AsyncIterable<string> {
  let at = from;
  let rest = "";
  for (;;) {
    const { text, end } = await readFrom(path, at);
    at = end;
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
    await setTimeout(POLL_MS);
  }
}

/** What stands after `at`; from the start when the log was emptied meanwhile. */
async function readFrom(path: string, at: number): Promise<{ text: string; end: number }> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return { text: "", end: 0 };
  try {
    const { size } = await file.stat();
    const start = size < at ? 0 : at;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return { text: buffer.toString("utf8", 0, bytesRead), end: start + bytesRead };
  } finally {
    await file.close();
  }
}

function toLines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
