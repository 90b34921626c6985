import { fitting } from "./columns.ts";

/** To the first place, the rest of the line away, everything below away. */
const [HOME, CLEAR_LINE, CLEAR_BELOW] = ["\x1b[H", "\x1b[K", "\x1b[J"];

/** What does not fit is left out: a terminal that scrolls would show the end of one picture and the beginning of the next. */
export function frame(text: string, columns: number, rows: number): string {
  const lines = text.split("\n").slice(0, Math.max(1, rows - 1));
  return `${HOME}${lines.map((line) => `${clip(line, columns)}${CLEAR_LINE}`).join("\r\n")}${CLEAR_BELOW}`;
}

/** A line of at most so many columns; colours take no room, and end with it. */
function clip(line: string, columns: number): string {
  let room = columns;
  const parts = line.split(/(\x1b\[[\d;]*m)/).map((part, index) => {
    if (index % 2 === 1) return part;
    const kept = fitting(part, room);
    // A wide character that does not fit ends the line, whatever would fit behind it.
    room = kept.text.length < part.length ? 0 : room - kept.columns;
    return kept.text;
  });
  return parts.join("");
}
