import type { ConnectionRecord } from "../connection-record.ts";

/** What people's apps are told apart by, as far as their first bytes tell. */
export type ClientFamily = "header" | "short hello" | "long hello" | "hello without SNI";

/** Bytes: apps until 2025 send a hello of 517, or a little more for a long domain; those since, with a post-quantum key share, about 1,750. */
const LONGEST_SHORT = 1000;

/**
 * Of a connection of somebody's: a link without fake-TLS begins with a header, one with fake-TLS with a hello. Apps for iOS and macOS from
 * 12.2 to 12.6.1 name no domain in it; no build of the C proxy lets them in (TelegramMessenger/Telegram-iOS#1912).
 */
export function clientFamily({ hello, why }: Pick<ConnectionRecord, "hello" | "why">): ClientFamily {
  if (why === "no-sni") return "hello without SNI";
  if (hello === undefined) return "header";
  return hello > LONGEST_SHORT ? "long hello" : "short hello";
}
