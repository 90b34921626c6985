import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withProgram } from "../../support/run-source.ts";

const BYTES = 300_000;

/** Writes more than a pipe holds to descriptor 3; says on stderr what became of it. */
const writer = `
  import { openOutput } from "./src/ui/descriptor.ts";
  const noStream = () => { throw new Error("not a plain descriptor"); };
  const failed = (error) => { process.stderr.write(error.code); process.exit(3); };
  openOutput(3, noStream, failed).write("ä".repeat(${BYTES / 2}));
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mtproxy-descriptor-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Both ends of a pipe on which neither reading nor writing waits. */
function openPipe(): { reader: number; writer: number } {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const open = (mode: number) => openSync(path, mode | constants.O_NONBLOCK);
  return { reader: open(constants.O_RDONLY), writer: open(constants.O_WRONLY) };
}

function start(file: string, descriptor: number) {
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "ignore", "pipe", descriptor] });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    stderr += piece;
  });
  return new Promise<{ code: number | null; stderr: string }>((end) =>
    child.once("close", (code) => end({ code, stderr })),
  );
}

test("a full pipe that does not wait gets every byte, in order", () =>
  withProgram(writer, async (file) => {
    const pipe = openPipe();
    const ended = start(file, pipe.writer);
    closeSync(pipe.writer);
    const received = await readSlowly(pipe.reader);
    expect(await ended).toEqual({ code: 0, stderr: "" });
    expect(received.toString()).toBe("ä".repeat(BYTES / 2));
  }));

test("a pipe that nobody reads is an error for the caller to judge", () =>
  withProgram(writer, async (file) => {
    const pipe = openPipe();
    closeSync(pipe.reader);
    const ended = start(file, pipe.writer);
    closeSync(pipe.writer);
    expect(await ended).toEqual({ code: 3, stderr: "EPIPE" });
  }));

async function readSlowly(reader: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let size = 0; size < BYTES; ) {
    await sleep(20);
    const piece = readSome(reader);
    pieces.push(piece);
    size += piece.length;
  }
  return Buffer.concat(pieces);
}

function readSome(reader: number): Buffer {
  const buffer = Buffer.alloc(20_000);
  try {
    return buffer.subarray(0, readSync(reader, buffer));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return Buffer.alloc(0);
    throw error;
  }
}
