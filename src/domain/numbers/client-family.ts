import type { ConnectionRecord } from "../connection-record.ts";

/** What people's apps are told apart by, as far as their first bytes tell. */
export type ClientFamily = "header" | "short hello" | "long hello";

/** Bytes: apps until 2025 send a hello of 517, or a little more for a long domain; those since, with a post-quantum key share, about 1,750. */
const LONGEST_SHORT = 1000;

/** Of a connection that was let in: a link without fake-TLS begins with a header, one with fake-TLS with a hello. */
export function clientFamily({ hello }: Pick<ConnectionRecord, "hello">): ClientFamily {
  if (hello === undefined) return "header";
  return hello > LONGEST_SHORT ? "long hello" : "short hello";
}
