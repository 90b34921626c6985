import { styleText } from "node:util";
import type { Style } from "../commands/command.ts";

type Format = Parameters<typeof styleText>[0];

/** Marks for people where `color` says so, the text itself elsewhere. */
export function createStyle(color: boolean): Style {
  // The decision is made already: newer Node would make one of its own, for stdout only.
  const mark = (format: Format) => (text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text;
  return {
    color,
    bold: mark("bold"),
    dim: mark("dim"),
    good: mark("green"),
    bad: mark("red"),
    warning: mark("yellow"),
    paper: mark(["whiteBright", "bgBlack"]),
  };
}
