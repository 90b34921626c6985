/** What an admin is told of, and since when it is worth it. */
export const alertKinds = [
  "proxy-down",
  "upstream-not-ready",
  "blocked",
  "disk-low",
  "certificate",
  "clock",
  "quota-near",
  "quota-used",
  "expiring",
] as const;

export type AlertKind = (typeof alertKinds)[number];

export function isAlertKind(text: string): text is AlertKind {
  return (alertKinds as readonly string[]).includes(text);
}

interface Nature {
  /** What it is about, for whoever chooses. */
  readonly meaning: string;
  /** Looks in a row (10 s each) that it has to hold before it is told, and to be gone before it is over. */
  readonly rise: number;
  readonly fall: number;
  /** It goes on until somebody does something: that it lasts and that it is over is told too. */
  readonly lasts: boolean;
  /** Told in quiet hours too. */
  readonly urgent: boolean;
}

export const natures: Readonly<Record<AlertKind, Nature>> = {
  "proxy-down": {
    meaning: "a proxy, or HAProxy before them, does not run or does not answer",
    ...{ rise: 3, fall: 3, lasts: true, urgent: true },
  },
  "upstream-not-ready": {
    meaning: "a proxy has no connection to Telegram",
    ...{ rise: 6, fall: 3, lasts: true, urgent: false },
  },
  blocked: {
    meaning: "nearly everybody has gone at once, though all is well here: perhaps a censor blocks the server",
    ...{ rise: 30, fall: 6, lasts: true, urgent: true },
  },
  "disk-low": {
    meaning: "the disk of the home is nearly full",
    ...{ rise: 6, fall: 6, lasts: true, urgent: false },
  },
  certificate: {
    meaning: "the certificate of the own cover site ends soon, or has ended",
    ...{ rise: 1, fall: 1, lasts: true, urgent: false },
  },
  clock: {
    meaning: "the clock is wrong, or nearly so wrong that fake-TLS links die",
    ...{ rise: 1, fall: 1, lasts: true, urgent: false },
  },
  "quota-near": { meaning: "somebody has used most of a quota", rise: 1, fall: 6, lasts: false, urgent: false },
  "quota-used": { meaning: "somebody has used up a quota", rise: 1, fall: 6, lasts: false, urgent: false },
  expiring: { meaning: "somebody's link ends in a few days", rise: 1, fall: 6, lasts: false, urgent: false },
};
