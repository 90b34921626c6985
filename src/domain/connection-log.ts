import type { ConnectionRecord } from "./connection-record.ts";

/** Where people and fail2ban read who came. */
export const HAPROXY_LOG = "/var/log/haproxy-mtproxy.log";

/** How much of a client's address the log of connections tells: all, its network, nothing. */
export const loggedAddresses = ["full", "truncated", "off"] as const;

export type LoggedAddresses = (typeof loggedAddresses)[number];

/**
 * One line of /var/log/haproxy-mtproxy.log: when the connection ended, who it was, what became of it, bytes from and to the client,
 * and how long it lasted. `familiar` at the end of a stranger's line says that somebody with a key came from there lately.
 */
export function logLine(record: ConnectionRecord, addresses: LoggedAddresses, isFamiliar = false): string {
  const { endedAt, startedAt, from, user, verdict, why, bytesIn, bytesOut } = record;
  const fields = {
    from: shownAddress(from, addresses),
    user: word(user),
    verdict: word(verdict),
    why: word(why),
    in: String(bytesIn),
    out: String(bytesOut),
    seconds: ((endedAt.getTime() - startedAt.getTime()) / 1000).toFixed(3),
  };
  const said = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return [endedAt.toISOString(), "mtproxy", ...said, ...(isFamiliar ? ["familiar"] : [])].join(" ");
}

/** Nothing that a reader of the log would take for another field. */
function word(text = "-"): string {
  return text.replace(/[^\w.:*-]/g, "?");
}

function shownAddress(address: string, addresses: LoggedAddresses): string {
  if (addresses === "off") return "-";
  return addresses === "full" ? address.replace(/[^0-9a-fA-F.:]/g, "?") : networkOf(address);
}

/** The network that a provider gives to many: 24 bits of an IPv4 address, 48 of an IPv6 address. */
function networkOf(address: string): string {
  if (!address.includes(":")) return `${address.split(".").slice(0, 3).join(".")}.0/24`;
  return `${groupsOf(address).slice(0, 3).join(":")}::/48`;
}

/** What one household has: an IPv4 address, or 64 bits of an IPv6 address. */
export function householdOf(address: string): string {
  return address.includes(":") ? groupsOf(address).slice(0, 4).join(":") : address;
}

/** The eight groups of an IPv6 address, written as short as they go. */
function groupsOf(address: string): string[] {
  const [left = "", right] = address.toLowerCase().split("::");
  const [head, tail] = [left, right ?? ""].map((side) => side.split(":").filter(Boolean)) as [string[], string[]];
  const gap = right === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: Math.max(0, gap) }, () => "0"), ...tail];
  return groups.map((group) => group.replace(/^0+(?=.)/, ""));
}

/** Whoever gets in with a key. */
export function isLetIn({ verdict, user }: ConnectionRecord): boolean {
  return verdict === "ok" && user !== undefined;
}
