import type { SharedFigures, UserFigures } from "../../domain/numbers/snapshot.ts";
import type { UserStats } from "../../domain/proxy-stats.ts";
import { sharedHolder } from "../../domain/shard.ts";
import { type ShownLimits, shownLimits } from "../people/shown-limits.ts";

/** Figures of one person; null where nobody knows. */
export interface HolderStats {
  /** Null for the shared secrets. */
  readonly username: string | null;
  /** The link is not disabled by a command; null where only the proxies were asked. */
  readonly enabled: boolean | null;
  /** Why they are refused for now (`expired`, `quota`). */
  readonly refusal: string | null;
  /** One app opens about eight. */
  readonly activeConnections: number | null;
  /** The daemon counts over everything, the trial engine alone since it started; so are the bytes. */
  readonly totalConnections: number | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  /** Both directions within the quota's period, the calendar month without one. */
  readonly usedBytes: number | null;
  readonly limits: ShownLimits | null;
  /** Distinct households since midnight UTC. */
  readonly addressesToday: number | null;
  /** ISO 8601. */
  readonly lastSeen: string | null;
  /** ISO 8601. */
  readonly expiresAt: string | null;
  /** Bytes in both directions of each of the last 24 hours, oldest first; null where nobody watched, they were not there, or there is no history. */
  readonly lastDay: readonly (number | null)[] | null;
}

/** As the daemon knows them. */
export function holderOfFigures({ name, connections, limits, ...figures }: UserFigures): HolderStats {
  const { enabled, refusal, totalConnections, bytesIn, bytesOut, usedBytes, addressesToday, lastSeen, expiresAt } =
    figures;
  return {
    ...{
      username: name,
      enabled,
      refusal,
      activeConnections: connections,
      totalConnections,
      bytesIn,
      bytesOut,
      usedBytes,
    },
    ...{ limits: limits === null ? null : shownLimits(limits), addressesToday, lastSeen, expiresAt, lastDay: null },
  };
}

/** All shared secrets together, as the daemon knows them. */
export function holderOfShared({ connections, ...figures }: SharedFigures): HolderStats {
  return { ...unknownHolder, activeConnections: connections, ...figures };
}

/** As a proxy that tells people apart counts them. */
export function holderOfProxy({ holder, connectionsSinceStart, lastSeen, ...rest }: UserStats): HolderStats {
  const { activeConnections, bytesIn, bytesOut } = rest;
  const username = holder === sharedHolder ? null : holder;
  return {
    ...{ ...unknownHolder, username, activeConnections, totalConnections: connectionsSinceStart },
    ...{ bytesIn, bytesOut, lastSeen: lastSeen ?? null },
  };
}

/** Somebody of whom nothing is known. */
export const unknownHolder: HolderStats = {
  username: null,
  enabled: null,
  refusal: null,
  activeConnections: null,
  totalConnections: null,
  bytesIn: null,
  bytesOut: null,
  usedBytes: null,
  limits: null,
  addressesToday: null,
  lastSeen: null,
  expiresAt: null,
  lastDay: null,
};
