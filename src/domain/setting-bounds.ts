/** Apart from the rules, because every start reads them: options are declared with them. */

/** Seconds that a cover site may let a silent connection wait. */
export const patienceBounds = { least: 1, most: 300 } as const;

/** Bounds of settings that are counts, both included. */
export const countBounds = {
  workers: { least: 0, most: 256 },
  /** With fewer a proxy has no room beside its own connections to Telegram. */
  maxConnections: { least: 64, most: 1_000_000 },
  /** One Telegram app opens about eight. */
  maxConnectionsPerSource: { least: 8, most: 1_000_000 },
  /** Seconds. HAProxy's tables forget after 24 days at most. */
  addressWindow: { least: 60, most: 2_073_600 },
  /** Seconds. */
  drainSeconds: { least: 0, most: 86_400 },
  /** Each has about ten series. */
  metricsUsers: { least: 0, most: 100_000 },
} as const;
