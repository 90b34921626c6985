/**
 * The rows of a CSV text (RFC 4180) by the names in its first line; the apostrophe that keeps a spreadsheet from calculating is
 * taken off again.
 */
export function readCsv(text: string): Record<string, string>[] {
  const [head = [], ...rows] = cellsOf(text.replace(/^\uFEFF/, ""));
  return rows
    .filter((row) => row.some((cell) => cell !== ""))
    .map((row) =>
      Object.fromEntries(head.map((name, index) => [name, (row[index] ?? "").replace(/^'(?=[=+\-@\t\r])/, "")])),
    );
}

/** Rows of cells, quotes taken off; a line a row, but for line breaks inside quotes. */
export function cellsOf(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "") break;
    if (end !== ",") rows.push([]);
  }
  return rows;
}
