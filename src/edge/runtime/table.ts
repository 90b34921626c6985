import type { TableEntry } from "../../haproxy.ts";
import { fieldsOf, strange } from "./answers.ts";

/**
 * Entries of a table: a line of comment, then `0xPOINTER: key=… use=… …`. Order and number of the fields differ between versions
 * (3.x has `shard`), so only names count.
 * @param answer empty when a key was asked for that is not there
 */
export function parseTable(answer: string, command: string): TableEntry[] {
  if (answer === "") return [];
  const [header = "", ...lines] = answer.split("\n");
  if (!header.startsWith("# table: ")) throw strange(command, answer);
  return lines.filter((line) => line !== "").map((line) => toEntry(line, command));
}

function toEntry(line: string, command: string): TableEntry {
  const [, words] = /^0x[0-9a-f]+: (.*)$/.exec(line) ?? [];
  const { key, ...fields } = fieldsOf(words ?? "");
  if (key === undefined) throw strange(command, line);
  return { key, fields };
}
