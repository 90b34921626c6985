import type { AlertChannel } from "./channel.ts";
import type { AlertLanguage } from "./choices.ts";
import type { AlertKind } from "./kinds.ts";
import type { QuietHours } from "./quiet-hours.ts";

/** From where on something is worth an alert. */
export interface Thresholds {
  /** Per cent of a quota. */
  readonly quotaPercent: number;
  /** Before a link ends. */
  readonly expiryDays: number;
  /** Per cent of the disk that are free; 5 GB are always enough. */
  readonly diskPercent: number;
  /** Before the certificate of the cover site ends. */
  readonly certificateDays: number;
  /** Per cent of the usual connections that are gone at once. */
  readonly dropPercent: number;
  /** Usual connections below which a drop says nothing; one app opens about eight. */
  readonly dropFrom: number;
}

/** As files, commands and JSON name them. */
export const thresholdNames = {
  quotaPercent: "quota_percent",
  expiryDays: "expiry_days",
  diskPercent: "disk_percent",
  certificateDays: "certificate_days",
  dropPercent: "drop_percent",
  dropFrom: "drop_from",
} as const satisfies Record<keyof Thresholds, string>;

/** config/mtproxy/alerts.json, 0600: channels hold secrets. */
export interface AlertSettings {
  readonly enabled: boolean;
  readonly language: AlertLanguage;
  /** What messages call this server: nothing that leads anybody to it. */
  readonly name: string;
  readonly off: readonly AlertKind[];
  /** Hours after which it is told again that something lasts; 0 for never. */
  readonly remindHours: number;
  readonly quietHours?: QuietHours;
  /** In quiet hours nothing at all is told. */
  readonly quietAll: boolean;
  readonly thresholds: Thresholds;
  readonly channels: readonly AlertChannel[];
}

export const defaultAlertSettings: AlertSettings = {
  enabled: true,
  language: "en",
  name: "Telegram proxy",
  off: [],
  remindHours: 24,
  quietAll: false,
  thresholds: {
    quotaPercent: 80,
    expiryDays: 3,
    diskPercent: 10,
    certificateDays: 14,
    dropPercent: 90,
    dropFrom: 24,
  },
  channels: [],
};
