/** What can be chosen on a command line; apart from the rules, because every start reads it. */

export const channelKinds = ["webhook", "telegram", "email", "command"] as const;

export type ChannelKind = (typeof channelKinds)[number];

export const alertLanguages = ["en", "ru", "fa"] as const;

export type AlertLanguage = (typeof alertLanguages)[number];

/** Seconds that a program may take. */
export const patienceOfCommand = { least: 1, most: 600 } as const;

/** Of thresholds and reminders, both included. */
export const alertBounds = {
  quotaPercent: { least: 1, most: 99 },
  expiryDays: { least: 1, most: 60 },
  diskPercent: { least: 1, most: 50 },
  certificateDays: { least: 1, most: 60 },
  dropPercent: { least: 50, most: 100 },
  dropFrom: { least: 1, most: 1_000_000 },
  remindHours: { least: 1, most: 720 },
} as const;
