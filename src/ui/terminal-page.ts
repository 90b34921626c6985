import type { ScreenSize } from "../commands/command.ts";
import { frame } from "./frame.ts";
import { keysOf, quits } from "./keys.ts";
import type { Terminal } from "./terminal.ts";

/** Another page of the terminal without its cursor, and back to what was there before (xterm's 1049 and 25). */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/** The terminal while a picture is on it. */
export interface Page {
  /** Aborted when the person quits, or the program is told to end. */
  readonly over: AbortSignal;
  size(): ScreenSize;
  /** Throws what painting throws; also where an earlier picture failed that nobody waited for. */
  show(paint: () => Promise<string>): Promise<void>;
  close(): void;
}

export interface PageEvents {
  onKey(key: string): void;
  onResize(): void;
}

/** Takes the terminal: another page, no cursor, keys as they are pressed. `close` gives it back as it was. */
export function openPage({ out }: Terminal, signal: AbortSignal, { onKey, onResize }: PageEvents): Page {
  const { stdin, stdout } = process;
  const quit = new AbortController();
  const over = AbortSignal.any([quit.signal, signal]);
  // A terminal that nobody told its size says 0.
  const size = (): ScreenSize => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const onBytes = (bytes: Buffer): void => {
    for (const key of keysOf(bytes.toString("latin1"))) quits(key) ? quit.abort() : onKey(key);
  };
  // One after the other: a picture of before is never drawn over a later one.
  let shown: Promise<void> = Promise.resolve();
  const show = (paint: () => Promise<string>): Promise<void> => {
    shown = shown.then(async () => {
      const text = over.aborted ? "" : await paint();
      if (!over.aborted) out.write(frame(text, size().columns, size().rows));
    });
    return shown;
  };
  const close = (): void => {
    quit.abort();
    process.off("exit", close).off("uncaughtExceptionMonitor", close);
    stdout.off("resize", onResize);
    stdin.off("data", onBytes).setRawMode(false).pause();
    out.write(LEAVE);
  };
  // What a crash says is said where it can be read.
  process.once("exit", close).once("uncaughtExceptionMonitor", close);
  stdout.on("resize", onResize);
  stdin.setRawMode(true).on("data", onBytes).resume();
  out.write(ENTER);
  return { over, size, show, close };
}
