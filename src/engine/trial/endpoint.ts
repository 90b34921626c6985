import { AppError } from "../../domain/errors.ts";
import { parsePort } from "../../domain/port.ts";
import { shown } from "../../domain/printable.ts";

/** Where a TCP connection leads. */
export interface Endpoint {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port` and `[IPv6]:port`.
 * @throws AppError invalid
 */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^\s:[\]]+)):(\d+)$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || match?.[3] === undefined) {
    throw new AppError("invalid", `"${shown(text, 80)}" is not an address with a port`, {
      hint: "write it as host:port, an IPv6 address in brackets",
    });
  }
  return { host, port: parsePort(match[3]) };
}

export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** One spelling for an address that a dual-stack socket shows as `::ffff:a.b.c.d`. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
