import { parseCoverDomain } from "./cover-domain.ts";
import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

export function isIpv4(text: string): boolean {
  return IPV4.test(text);
}

/** Loopback, private networks, link-local, carrier NAT (RFC 6890): nobody on the internet reaches a server there. */
const PRIVATE =
  /^(0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./;

export function isPrivateIpv4(address: string): boolean {
  return PRIVATE.test(address);
}

/** @throws AppError invalid unless the text is a dotted IPv4 address */
export function parseIpv4(text: string): string {
  if (isIpv4(text)) return text;
  throw new AppError("invalid", `"${shown(text, 60)}" is not an IPv4 address`, { hint: "for instance 203.0.113.7" });
}

/**
 * What a link may name as its server: a host name, an IPv4 or an IPv6 address (without brackets).
 * @throws AppError invalid
 */
export function parsePublicHost(text: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, "$1");
  if (isIpv4(host) || isIpv6(host)) return host.toLowerCase();
  try {
    return parseCoverDomain(host);
  } catch {
    throw new AppError("invalid", `"${shown(text, 60)}" is no address that a client could connect to`, {
      hint: "give this server's public host name or address, for instance --public-host 203.0.113.7",
    });
  }
}

export function isIpv6(text: string): boolean {
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)) return false;
  try {
    return new URL(`http://[${text}]/`).hostname !== "";
  } catch {
    return false;
  }
}
