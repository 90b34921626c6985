import type { ServerCounts } from "../../haproxy.ts";
import { count, strange } from "./answers.ts";

/** Of all servers of a backend: 4 is a server, -1 each one. */
export const statCommand = (backend: string) => `show stat ${backend} 4 -1`;

/** CSV whose columns are named in the first line and grow with the versions. */
export function parseStat(answer: string, command: string): ServerCounts[] {
  const [header = "", ...lines] = answer.split("\n");
  if (!header.startsWith("# ")) throw strange(command, answer);
  const columns = csvFields(header.slice(2));
  return lines.filter((line) => line !== "").map((line) => toCounts(columns, line, command));
}

function toCounts(columns: readonly string[], line: string, command: string): ServerCounts {
  const values = csvFields(line);
  if (values.length !== columns.length) throw strange(command, line);
  const row = new Map(columns.map((column, index) => [column, values[index] ?? ""]));
  const number = (column: string) => count(row.get(column), () => strange(command, line));
  const [name, status] = [row.get("svname"), row.get("status")];
  if (name === undefined || status === undefined) throw strange(command, line);
  return {
    name,
    status,
    open: number("scur"),
    total: number("stot"),
    bytesIn: number("bin"),
    bytesOut: number("bout"),
  };
}

/** A field in quotes may hold commas, and quotes doubled. */
function csvFields(line: string): string[] {
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g);
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}
