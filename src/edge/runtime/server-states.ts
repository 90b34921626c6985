import type { ServerEntry } from "../../haproxy.ts";
import { count, strange } from "./answers.ts";

export const serversCommand = (backend: string) => `show servers state ${backend}`;

/** The version of the form (1), the names of the columns after `# `, then one server a line. */
export function parseServers(answer: string, command: string): ServerEntry[] {
  const [version, header = "", ...lines] = answer.split("\n");
  if (version !== "1" || !header.startsWith("# ")) throw strange(command, answer);
  const columns = header.slice(2).trim().split(" ");
  return lines.filter((line) => line !== "").map((line) => toServer(columns, line, command));
}

function toServer(columns: readonly string[], line: string, command: string): ServerEntry {
  const values = line.trim().split(" ");
  const value = (column: string) => values[columns.indexOf(column)];
  const [name, address] = [value("srv_name"), value("srv_addr")];
  if (values.length !== columns.length || name === undefined || address === undefined) throw strange(command, line);
  return { name, address, port: count(value("srv_port"), () => strange(command, line)) };
}
