import type { CellOptions } from "cli-table3";

/** A column of a table; it grows with its longest cell. */
interface Column {
  readonly title: string;
  /** Between the lines beside it, blanks included. */
  readonly minWidth?: number;
}

type Rows = readonly (readonly string[])[];

/** cli-table3 takes time with the square of the rows: 19 s for 10,000 at once, less than one for as many in pieces. */
const PIECE = 100;

/** A table with a box around it and a line under its titles. cli-table3 takes a while to load, so it is when it is needed. */
export async function table(columns: readonly Column[], rows: Rows): Promise<string> {
  const { default: CliTable } = await import("cli-table3");
  const draw = (wide: readonly Column[], piece: Rows): string[] => {
    // Titles may be cells too, which the library's types do not say.
    const head = wide.map(titleCell) as unknown as string[];
    const boxed = new CliTable({ head, style: { head: [], border: [], compact: true } });
    boxed.push(...piece.map((row) => [...row]));
    return boxed.toString().split("\n");
  };
  const pieces = piecesOf(rows);
  const drawn = pieces.map((piece) => draw(columns, piece));
  if (pieces.length === 1) return drawn.flat().join("\n");
  const wide = widened(columns, drawn);
  return joined(pieces.map((piece) => draw(wide, piece))).join("\n");
}

/** Blanks behind a title widen its column; a title that fills the column takes the blank at its right. */
function titleCell({ title, minWidth = 0 }: Column): CellOptions {
  const content = title.padEnd(minWidth - 2);
  return { content, style: { "padding-left": 1, "padding-right": title.length === minWidth - 1 ? 0 : 1 } };
}

function piecesOf(rows: Rows): Rows[] {
  const pieces = Math.max(1, Math.ceil(rows.length / PIECE));
  return Array.from({ length: pieces }, (_, index) => rows.slice(index * PIECE, (index + 1) * PIECE));
}

/** Each column as wide as in the piece that needs it widest. */
function widened(columns: readonly Column[], drawn: readonly string[][]): Column[] {
  const widths = drawn.map(([top = ""]) =>
    top
      .slice(1, -1)
      .split("┬")
      .map((line) => line.length),
  );
  return columns.map(({ title }, index) => ({
    title,
    minWidth: Math.max(...widths.map((piece) => piece[index] ?? 0)),
  }));
}

const HEAD_LINES = 3;

/** One box: the head of the first piece, all rows, the bottom line of the last piece. */
function joined(drawn: readonly string[][]): string[] {
  const [first = []] = drawn;
  return [...first.slice(0, HEAD_LINES), ...drawn.flatMap((lines) => lines.slice(HEAD_LINES, -1)), ...first.slice(-1)];
}
