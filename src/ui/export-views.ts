import type { Exported, ExportedUser } from "../app/moving/export-users.ts";
import type { Style } from "../commands/command.ts";
import { type Cell, toCsv } from "./csv.ts";
import { snakeCase } from "./snake-case.ts";

const COLUMNS = [
  "username",
  "enabled",
  "mode",
  "domain",
  "server",
  "port",
  "createdAt",
  "expiresAt",
  "note",
  "tags",
  "group",
  "secret",
  "link",
] as const satisfies (keyof ExportedUser)[];

/** The text itself, or where it was written. */
export function exportView(exported: Exported, style: Style): string {
  const { file, users, withSecrets } = exported;
  if (file === null) return exportText(exported).replaceAll("\r\n", "\n").trimEnd();
  const keys = withSecrets ? "; it holds keys" : "";
  return `${style.good("✓")} ${users.length} ${users.length === 1 ? "person is" : "people are"} in ${file}${keys}`;
}

/** What stands in the file. */
export function exportText({ format, users }: Exported): string {
  if (format === "json") return `${snakeCase(JSON.stringify({ version: 1, users }, null, 2))}\n`;
  const head = COLUMNS.map((name) => snakeCase(`"${name}":`).slice(1, -2));
  return toCsv([head, ...users.map((user) => COLUMNS.map((name) => cellOf(user[name])))]);
}

/** Tags hold no blanks. */
function cellOf(value: ExportedUser[keyof ExportedUser]): Cell {
  return typeof value === "object" && value !== null ? value.join(" ") : value;
}
