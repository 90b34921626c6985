/** What a spreadsheet would calculate. */
const FORMULA = /^[=+\-@\t\r]/;

export type Cell = string | number | boolean | null;

/** Rows as CSV (RFC 4180); an apostrophe keeps a spreadsheet from taking a text for a formula. */
export function toCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(",")}\r\n`).join("");
}

function cellText(cell: Cell): string {
  const text = typeof cell === "string" && FORMULA.test(cell) ? `'${cell}` : String(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
