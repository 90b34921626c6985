import type { AlertWords, Facts } from "./words.ts";

const which = ({ subject }: Facts) => (subject === "" ? "پروکسی" : subject);
const clock = ({ seconds, isBehind }: Facts) => `ساعت سرور ${seconds} ثانیه ${isBehind ? "عقب" : "جلو"} است`;

export const persian: AlertWords = {
  direction: "rtl",
  kinds: {
    "proxy-down": {
      begins: (facts) => `${which(facts)} کار نمی‌کند یا پاسخ نمی‌دهد: کسی نمی‌تواند وصل شود.`,
      over: (facts) => `${which(facts)} دوباره کار می‌کند.`,
    },
    "upstream-not-ready": {
      begins: ({ subject }) => `${subject} به تلگرام وصل نیست: کسی که از آن استفاده می‌کند نمی‌تواند وصل شود.`,
      over: ({ subject }) => `${subject} دوباره به تلگرام وصل است.`,
    },
    blocked: {
      begins: ({ usual, now }) =>
        `تقریباً همه یک‌باره رفتند: ${now} اتصال، در حالی که معمولاً ${usual} است. خود پروکسی سالم است: شاید راه آن را بسته‌اند.`,
      over: () => "کاربران برگشتند.",
    },
    "disk-low": {
      begins: ({ percent }) => `دیسک تقریباً پر است: ${percent}٪ آزاد است.`,
      over: () => "دیسک دوباره جا دارد.",
    },
    certificate: {
      begins: ({ subject, until, hasPassed }) =>
        `گواهی سایت پوششی ${subject} ${hasPassed ? "تمام شده است" : "تمام می‌شود"}: ${until}.`,
      over: ({ subject }) => `گواهی سایت پوششی ${subject} تازه شد.`,
    },
    clock: {
      begins: (facts) =>
        `${clock(facts)}: ${facts.isDead ? "هیچ پیوند fake-TLS کار نمی‌کند" : "کمی بیشتر، و پیوندهای fake-TLS از کار می‌افتند"}.`,
      over: () => "ساعت سرور دوباره درست است.",
    },
    "quota-near": { begins: ({ subject, percent, amount }) => `${subject} ${percent}٪ از ${amount} را مصرف کرده است.` },
    "quota-used": { begins: ({ subject, amount }) => `${subject} سهم ${amount} را تمام کرده و دیگر راه داده نمی‌شود.` },
    expiring: { begins: ({ subject, until }) => `پیوند ${subject} به‌زودی تمام می‌شود: ${until}.` },
  },
  since: (from) => `(از ${from})`,
  was: (from, to) => `(از ${from} تا ${to})`,
  still: "هنوز:",
  test: "این یک آزمایش است: هشدارها می‌رسند.",
};
