import { setTimeout as sleep } from "node:timers/promises";
import type { GlobalOptions, Screen, Style } from "../commands/command.ts";
import { AppError } from "../domain/errors.ts";
import { redactKeys } from "./redaction.ts";
import { createStyle } from "./style.ts";
import { printable, type Terminal, wantsColor } from "./terminal.ts";

/** Another page of the terminal without its cursor, and back to what was there before (xterm's 1049 and 25). */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** To the first place, the rest of the line away, everything below away. */
const [HOME, CLEAR_LINE, CLEAR_BELOW] = ["\x1b[H", "\x1b[K", "\x1b[J"];

/** In raw mode a terminal sends Ctrl-C and Ctrl-D as bytes. */
const QUITS = /[qQ\x03\x04]/;

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

const draw = async (
  terminal: Terminal,
  style: Style,
  picture: Parameters<Screen["draw"]>[0],
  { everyMs, signal, otherwise }: Parameters<Screen["draw"]>[1],
): Promise<void> => {
  if (terminal.out.isTTY !== true || terminal.in.isTTY !== true || terminal.env.TERM === "dumb")
    throw new AppError("usage", "there is no terminal to draw on", { hint: otherwise });
  const page = openPage(terminal, signal);
  try {
    for (let last = ""; !page.over.aborted; ) {
      last = printable(redactKeys(await picture(style)), style.color);
      if (!page.over.aborted) page.show(last);
      await sleep(everyMs, undefined, { signal: page.over }).catch(() => {});
    }
  } finally {
    page.close();
  }
  signal.throwIfAborted();
};

interface Page {
  /** Aborted when the person quits, or the program is told to end. */
  readonly over: AbortSignal;
  show(text: string): void;
  close(): void;
}

function openPage({ out }: Terminal, signal: AbortSignal): Page {
  const { stdin, stdout } = process;
  const quit = new AbortController();
  let shown = "";
  const show = (text: string): void => {
    shown = text;
    // A terminal that nobody told its size says 0.
    out.write(frame(text, stdout.columns || 80, stdout.rows || 24));
  };
  const redraw = (): void => show(shown);
  const onKeys = (keys: Buffer): void => {
    if (QUITS.test(keys.toString("latin1"))) quit.abort();
  };
  const close = (): void => {
    process.off("exit", close);
    stdout.off("resize", redraw);
    stdin.off("data", onKeys).setRawMode(false).pause();
    out.write(LEAVE);
  };
  process.once("exit", close);
  stdout.on("resize", redraw);
  stdin.setRawMode(true).on("data", onKeys).resume();
  out.write(ENTER);
  return { over: AbortSignal.any([quit.signal, signal]), show, close };
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
