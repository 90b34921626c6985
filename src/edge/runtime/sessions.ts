import type { WorkerSession } from "../../haproxy.ts";
import { count, fieldsOf, strange } from "./answers.ts";

export const SESSIONS = "show sess";

/**
 * One line a connection: `0xPOINTER: proto=… src=… fe=… be=… srv=… … age=… …`. Left out are those that HAProxy makes itself, to agents
 * and for its sockets: they come from nobody, and some have no `fe`.
 */
export function parseSessions(answer: string): WorkerSession[] {
  return answer
    .split("\n")
    .filter((line) => line !== "")
    .flatMap(toSession);
}

function toSession(line: string): WorkerSession[] {
  const [, pointer, words] = /^(0x[0-9a-f]+): (.*)$/.exec(line) ?? [];
  const { proto, src, fe, be, srv, age } = fieldsOf(words ?? "");
  if (pointer === undefined || proto === undefined) throw strange(SESSIONS, line);
  if (!proto.startsWith("tcp")) return [];
  if (src === undefined || fe === undefined || be === undefined || srv === undefined) throw strange(SESSIONS, line);
  return [{ pointer, source: src, frontend: fe, backend: be, server: srv, ageSeconds: seconds(age, line) }];
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 };

/** The two largest units of an age: `3s`, `59m48s`, `1d3h`. */
function seconds(age: string | undefined, line: string): number {
  if (age === undefined || !/^(?:\d+(?:d|h|ms|m|s))+$/.test(age)) throw strange(SESSIONS, line);
  const parts = age.matchAll(/(\d+)(d|h|ms|m|s)/g);
  const sum = [...parts].reduce(
    (total, [, digits, unit]) => total + count(digits, () => strange(SESSIONS, line)) * (UNITS[unit ?? ""] ?? 0),
    0,
  );
  return Math.floor(sum);
}
