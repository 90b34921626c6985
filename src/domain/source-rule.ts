import { isIpv4, isIpv6 } from "./address.ts";
import { AppError } from "./errors.ts";
import { contains } from "./network.ts";
import { shown } from "./printable.ts";
import type { Settings } from "./settings.ts";

/** `allow`: nobody else gets to the proxies; `block`: these do not; `off`: the list counts for nothing. */
export const sourceListModes = ["off", "allow", "block"] as const;

export type SourceListMode = (typeof sourceListModes)[number];

/** Where people may come from. */
export interface SourceRule {
  readonly mode: Exclude<SourceListMode, "off">;
  /** Addresses and networks, `ADDRESS` or `ADDRESS/BITS`. */
  readonly list: readonly string[];
}

/** This machine itself, which proves links. Never refused. */
export const OWN_SOURCES = ["127.0.0.1", "::1"] as const;

/** Undefined where everybody may come from everywhere. */
export function sourceRule({ sourceListMode: mode, sourceList: list }: Settings): SourceRule | undefined {
  return mode === "off" ? undefined : { mode, list };
}

/** Whether HAProxy refuses who comes from there. */
export function refuses({ mode, list }: SourceRule, address: string): boolean {
  if (OWN_SOURCES.some((own) => own === address)) return false;
  return list.some((source) => contains(source, address)) !== (mode === "allow");
}

/**
 * @param text an IPv4 or IPv6 address, or a network as `ADDRESS/BITS`
 * @returns it in lower case
 * @throws AppError invalid
 */
export function parseSource(text: string): string {
  const [, address = "", bits] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const most = isIpv4(address) ? 32 : isIpv6(address) ? 128 : -1;
  if (Number(bits ?? 0) <= most) return text.trim().toLowerCase();
  throw new AppError("invalid", `"${shown(text, 60)}" is neither an address nor a network`, {
    hint: "for instance 203.0.113.7, 198.51.100.0/24 or 2001:db8::/32",
  });
}

/**
 * A list of nobody shuts everybody out, which nobody wants.
 * @throws AppError conflict
 */
export function checkSourceList({ sourceListMode, sourceList }: Settings): void {
  if (sourceListMode !== "allow" || sourceList.length > 0) return;
  throw new AppError("conflict", "source_list is empty: to allow only who is on it would shut everybody out", {
    hint: "mtproxy config set source_list 198.51.100.0/24 … first, or source_list_mode off",
  });
}
