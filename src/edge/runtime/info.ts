import type { WorkerInfo } from "../../haproxy.ts";
import { count, strange } from "./answers.ts";

export const INFO = "show info";

/** `Name: value` lines. */
export function parseInfo(answer: string): WorkerInfo {
  const fields = new Map(
    answer.split("\n").flatMap((line) => {
      const [, name, value] = /^([\w-]+): (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
  const number = (name: string) => count(fields.get(name), () => strange(INFO, answer));
  const version = fields.get("Version");
  if (fields.get("Name") !== "HAProxy" || version === undefined) throw strange(INFO, answer);
  const description = fields.get("description");
  return {
    version,
    ...(description === undefined ? {} : { description }),
    pid: number("Pid"),
    uptimeSeconds: number("Uptime_sec"),
    connections: number("CurrConns"),
    maxConnections: number("Maxconn"),
    lostRecords: number("DroppedLogs"),
  };
}
