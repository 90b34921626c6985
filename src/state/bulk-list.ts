import { AppError } from "../domain/errors.ts";
import { shown } from "../domain/printable.ts";
import { cellsOf } from "./import/csv-text.ts";

/** One person in a list of people to be added, as it was typed; empty fields are absent. */
export interface BulkLine {
  /** Counted from 1. */
  readonly line: number;
  readonly name: string;
  readonly mode?: string;
  readonly domain?: string;
  readonly expires?: string;
  readonly note?: string;
  /** Blanks between them. */
  readonly tags?: string;
  readonly group?: string;
}

const COLUMNS = ["name", "mode", "domain", "expires", "note", "tags", "group"] as const;

/**
 * One name a line, or CSV with the columns name, mode, domain, expires, note, tags, group; a first line that begins with `name` says which
 * there are and in which order. Blank lines and lines that start with `#` are skipped.
 * @throws AppError invalid for a column that nobody knows and a line with more fields than columns
 */
export function readBulkList(text: string): BulkLine[] {
  const rows = cellsOf(text.replace(/^\uFEFF/, "")).map((cells, index) => ({
    line: index + 1,
    cells: cells.map((cell) => cell.trim()),
  }));
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell !== "") && cells[0]?.startsWith("#") !== true);
  const [first, ...rest] = filled;
  const hasHead = first?.cells[0]?.toLowerCase() === "name" && filled.length > 1;
  const columns = hasHead ? first.cells.map(columnOf) : COLUMNS;
  return (hasHead ? rest : filled).map(({ line, cells }) => bulkLine(line, cells, columns));
}

function columnOf(title: string): (typeof COLUMNS)[number] {
  const column = COLUMNS.find((name) => name === title.toLowerCase());
  if (column !== undefined) return column;
  throw new AppError("invalid", `"${shown(title)}" is not a column of a list of people`, {
    hint: `the columns are ${COLUMNS.join(", ")}`,
  });
}

function bulkLine(line: number, cells: readonly string[], columns: readonly (typeof COLUMNS)[number][]): BulkLine {
  if (cells.slice(columns.length).some((cell) => cell !== ""))
    throw new AppError("invalid", `line ${line} has more fields than there are columns`, {
      hint: 'a comma inside a note needs quotes: bob,padded,,30d,"uncle, the elder"',
    });
  const fields = columns.flatMap((column, index) => (cells[index] ? [[column, cells[index]] as const] : []));
  return { name: "", ...Object.fromEntries(fields), line };
}
