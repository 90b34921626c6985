import { dirname } from "node:path";
import type { LogBounds } from "../ports.ts";
import { makeFolders, syncFolder, withFile } from "./durable.ts";
import { turnOver } from "./turn-over.ts";
import { FOLDER_MODE } from "./write-file.ts";

const LINE_BREAK = 10;

/**
 * One line at the end of a file, on the disk when this returns. The file is opened for appending only (`chattr +a` lets that), and
 * written to once: lines of several processes never mix. A line that a crash cut off before is ended first. A new file is 0600.
 * @param line without its line break
 * @param bounds with which the file is put aside once it has grown; without them it grows
 */
export async function appendLine(path: string, line: string, bounds?: LogBounds): Promise<void> {
  await makeFolders(dirname(path), FOLDER_MODE);
  const before = await withFile(path, "a+", async (file) => {
    const { size } = await file.stat();
    const last = Buffer.alloc(1, LINE_BREAK);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const bytes = Buffer.from(`${last[0] === LINE_BREAK ? "" : "\n"}${line}\n`);
    const { bytesWritten } = await file.write(bytes, 0, bytes.length, null);
    if (bytesWritten < bytes.length) throw Object.assign(new Error("only a part was written"), { code: "ENOSPC" });
    await file.sync();
    return size;
  });
  if (before === 0) await syncFolder(dirname(path));
  if (bounds !== undefined && before > bounds.bytes) await turnOver(path, bounds.kept);
}
