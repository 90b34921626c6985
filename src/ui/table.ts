import type { CellOptions } from "cli-table3";

/** A column of a table; it grows with its longest cell. */
export interface Column {
  readonly title: string;
  /** Between the lines beside it, blanks included. */
  readonly minWidth?: number;
}

/** A table with a box around it and a line under its titles. cli-table3 takes a while to load, so it is when it is needed. */
export async function table(columns: readonly Column[], rows: readonly (readonly string[])[]): Promise<string> {
  const { default: CliTable } = await import("cli-table3");
  // Titles may be cells too, which the library's types do not say.
  const head = columns.map(titleCell) as unknown as string[];
  const boxed = new CliTable({ head, style: { head: [], border: [], compact: true } });
  boxed.push(...rows.map((row) => [...row]));
  return boxed.toString();
}

/** Blanks behind a title widen its column; a title that fills the column takes the blank at its right. */
function titleCell({ title, minWidth = 0 }: Column): CellOptions {
  const content = title.padEnd(minWidth - 2);
  return { content, style: { "padding-left": 1, "padding-right": title.length === minWidth - 1 ? 0 : 1 } };
}
