import { setTimeout as sleep } from "node:timers/promises";
import type { GlobalOptions, LivePicture, Screen, Style } from "../commands/command.ts";
import { AppError } from "../domain/errors.ts";
import { redactKeys } from "./redaction.ts";
import { createStyle } from "./style.ts";
import { printable, type Terminal, wantsColor } from "./terminal.ts";
import { openPage } from "./terminal-page.ts";
import { OVER, unlessOver } from "./unless-over.ts";

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
      const data = await unlessOver(picture.read(), page.over);
      if (data === OVER) break;
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
