import type { Logs } from "../app/watching/read-logs.ts";

export function logsView({ shards }: Logs): string {
  const several = shards.length > 1;
  const lines = shards.flatMap(({ name, lines }) => lines.map((line) => logLine(several ? name : undefined, line)));
  return lines.join("\n");
}

/** @param name of the proxy, where lines of several come together */
export function logLine(name: string | undefined, line: string): string {
  return name === undefined ? line : `${name} | ${line}`;
}
