import type { AlertWords, Facts } from "./words.ts";

const which = ({ subject }: Facts) => (subject === "" ? "The proxy" : subject);
const clock = ({ seconds, isBehind }: Facts) => `The server's clock is ${seconds} s ${isBehind ? "behind" : "ahead"}`;

export const english: AlertWords = {
  direction: "ltr",
  kinds: {
    "proxy-down": {
      begins: (facts) => `${which(facts)} does not run or does not answer: people cannot get in.`,
      over: (facts) => `${which(facts)} runs again.`,
    },
    "upstream-not-ready": {
      begins: ({ subject }) => `${subject} has no connection to Telegram: nobody who uses it can get in.`,
      over: ({ subject }) => `${subject} is connected to Telegram again.`,
    },
    blocked: {
      begins: ({ usual, now }) =>
        `Nearly everybody has gone at once: ${now} connections where ${usual} are usual. The proxy itself is well: perhaps somebody blocks the way to it.`,
      over: () => "People are back.",
    },
    "disk-low": {
      begins: ({ percent }) => `The disk is nearly full: ${percent} % are free.`,
      over: () => "There is room on the disk again.",
    },
    certificate: {
      begins: ({ subject, until, hasPassed }) =>
        `The certificate of the cover site ${subject} ${hasPassed ? "has ended" : "ends"}: ${until}.`,
      over: ({ subject }) => `The certificate of the cover site ${subject} is renewed.`,
    },
    clock: {
      begins: (facts) =>
        `${clock(facts)}: ${facts.isDead ? "every fake-TLS link is dead" : "a bit more, and fake-TLS links die"}.`,
      over: () => "The server's clock is right again.",
    },
    "quota-near": { begins: ({ subject, percent, amount }) => `${subject} has used ${percent} % of ${amount}.` },
    "quota-used": { begins: ({ subject, amount }) => `${subject} has used up ${amount} and is refused.` },
    expiring: { begins: ({ subject, until }) => `${subject}'s link ends: ${until}.` },
  },
  since: (from) => `(since ${from})`,
  was: (from, to) => `(from ${from} to ${to})`,
  still: "Still:",
  test: "This is a test: alerts get here.",
};
