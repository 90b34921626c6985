import { setTimeout as sleep } from "node:timers/promises";
import type { GlobalOptions, LivePicture, Screen, ScreenSize, Style } from "../commands/command.ts";
import { AppError } from "../domain/errors.ts";
import { keysOf, quits } from "./keys.ts";
import { redactKeys } from "./redaction.ts";
import { createStyle } from "./style.ts";
import { printable, type Terminal, wantsColor } from "./terminal.ts";

/** Another page of the terminal without its cursor, and back to what was there before (xterm's 1049 and 25). */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** To the first place, the rest of the line away, everything below away. */
const [HOME, CLEAR_LINE, CLEAR_BELOW] = ["\x1b[H", "\x1b[K", "\x1b[J"];

/**
 * The way out of a command that goes on printing.
 * @throws AppError usage with `--json`, which prints one object at the end
 */
export function openScreen(terminal: Terminal, { json }: Pick<GlobalOptions, "json">): Screen {
  if (json) {
    throw new AppError("usage", "--json prints one object, and this goes on", {
      hint: "leave out --json, or ask again and again without --live or --follow",
    });
  }
  const style = createStyle(wantsColor(terminal.out, terminal.env));
  return {
    line: (text) => void terminal.out.write(`${printable(redactKeys(text), false)}\n`),
    draw: (picture, options) => draw(terminal, style, picture, options),
  };
}

async function draw<T>(
  terminal: Terminal,
  style: Style,
  picture: LivePicture<T>,
  { everyMs, signal, otherwise }: Parameters<Screen["draw"]>[1],
): Promise<void> {
  if (terminal.out.isTTY !== true || terminal.in.isTTY !== true || terminal.env.TERM === "dumb")
    throw new AppError("usage", "there is no terminal to draw on", { hint: otherwise });
  let repaint = (): void => {};
  const page = openPage(terminal, signal, {
    onKey: (key) => {
      picture.press?.(key);
      repaint();
    },
    onResize: () => repaint(),
  });
  try {
    while (!page.over.aborted) {
      const data = await picture.read();
      const paint = async () => printable(redactKeys(await picture.paint(data, style, page.size())), style.color);
      await page.show(paint);
      // Whoever waits for the next picture hears of it.
      repaint = () => void page.show(paint).catch(() => {});
      await sleep(everyMs, undefined, { signal: page.over }).catch(() => {});
    }
  } finally {
    page.close();
  }
  signal.throwIfAborted();
}

interface Page {
  /** Aborted when the person quits, or the program is told to end. */
  readonly over: AbortSignal;
  size(): ScreenSize;
  /** Throws what painting throws; also where an earlier picture failed that nobody waited for. */
  show(paint: () => Promise<string>): Promise<void>;
  close(): void;
}

interface PageEvents {
  onKey(key: string): void;
  onResize(): void;
}

function openPage({ out }: Terminal, signal: AbortSignal, { onKey, onResize }: PageEvents): Page {
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
    process.off("exit", close);
    stdout.off("resize", onResize);
    stdin.off("data", onBytes).setRawMode(false).pause();
    out.write(LEAVE);
  };
  process.once("exit", close);
  stdout.on("resize", onResize);
  stdin.setRawMode(true).on("data", onBytes).resume();
  out.write(ENTER);
  return { over, size, show, close };
}

/** What does not fit is left out: a terminal that scrolls would show the end of one picture and the beginning of the next. */
export function frame(text: string, columns: number, rows: number): string {
  const lines = text.split("\n").slice(0, Math.max(1, rows - 1));
  return `${HOME}${lines.map((line) => `${clip(line, columns)}${CLEAR_LINE}`).join("\r\n")}${CLEAR_BELOW}`;
}

/** A line of at most so many characters; colours take no room, and end with it. */
function clip(line: string, columns: number): string {
  let room = columns;
  const parts = line.split(/(\x1b\[[\d;]*m)/).map((part, index) => {
    if (index % 2 === 1) return part;
    const kept = [...part].slice(0, room);
    room -= kept.length;
    return kept.join("");
  });
  return parts.join("");
}
