import type { QuotaPeriod, UserLimits } from "../../domain/user-limits.ts";

/** Limits for people to read; null means without a bound. */
export interface ShownLimits {
  readonly connections: number | null;
  readonly addresses: number | null;
  /** Bytes in both directions together. */
  readonly quotaBytes: number | null;
  readonly quotaPeriod: QuotaPeriod | null;
  /** Bytes a second in each direction. */
  readonly rate: number | null;
}

export function shownLimits({ connections, addresses, quota, rate }: UserLimits): ShownLimits {
  return {
    connections: connections ?? null,
    addresses: addresses ?? null,
    quotaBytes: quota?.bytes ?? null,
    quotaPeriod: quota?.period ?? null,
    rate: rate ?? null,
  };
}
