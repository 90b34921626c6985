import { AppError } from "./errors.ts";
import { parsePort } from "./port.ts";
import { shown } from "./printable.ts";
import { INNER_PORT } from "./shard.ts";

/**
 * What single settings may be, whoever sets them: setup's flags and the file that an admin edits keep the same rules. The other
 * rules stand where the things they are about do (ports, addresses, domains, images).
 */

/**
 * Clients and statistics cannot have the same port inside a container.
 * @throws AppError invalid
 */
export function checkStatsPort(port: number): number {
  if (port !== INNER_PORT) return port;
  throw new AppError("invalid", `port ${port} is where clients come in inside the containers`, {
    hint: "the port of /stats can be any other; nobody outside sees it",
  });
}

/**
 * Another working folder must not make it another lock.
 * @throws AppError invalid unless it is an absolute path
 */
export function parseLockPath(text: string): string {
  if (/^\/[^\0]*$/.test(text)) return text;
  throw new AppError("invalid", `"${shown(text, 80)}" is not an absolute path, which the lock of users.json must have`);
}

/**
 * @param text `ID=HOST:PORT`, an IPv6 host in brackets
 * @returns id and `host:port`
 * @throws AppError invalid
 */
export function parseDatacenter(text: string): [string, string] {
  const [, id, endpoint, port] = /^(-?[1-9]\d{0,4})=([^\s:]+|\[[0-9a-f:.]+\]):(\d+)$/i.exec(text) ?? [];
  if (id === undefined || endpoint === undefined || port === undefined) {
    throw new AppError("invalid", `"${shown(text, 60)}" is not a datacenter`, {
      hint: "write it as --datacenter 2=149.154.167.51:443",
    });
  }
  return [id, `${endpoint}:${parsePort(port)}`];
}
