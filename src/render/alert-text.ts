import { formatInstant } from "../domain/expiry.ts";
import type { AlertLanguage } from "../domain/numbers/alerts/choices.ts";
import type { AlertSettings } from "../domain/numbers/alerts/settings.ts";
import type { Notice } from "../domain/numbers/alerts/watch.ts";
import { harmless } from "../domain/printable.ts";
import { formatQuotaBytes } from "../domain/user-limits.ts";
import { english } from "./alert-words/en.ts";
import { persian } from "./alert-words/fa.ts";
import { russian } from "./alert-words/ru.ts";
import type { AlertWords, Facts } from "./alert-words/words.ts";

const languages: Readonly<Record<AlertLanguage, AlertWords>> = { en: english, ru: russian, fa: persian };

/** A message as people read it. */
export interface AlertText {
  /** One line: what the server is called, and the first sentence. */
  readonly title: string;
  /** Sentence by sentence. */
  readonly lines: readonly string[];
}

export function alertText(notices: readonly Notice[], { language, name }: Wording): AlertText {
  const words = languages[language];
  const lines = notices.map((notice) => sentence(notice, words));
  return { title: titled(name, lines[0] ?? "", lines.length), lines };
}

/** What `alerts test` sends. */
export function testText({ language, name }: Wording): AlertText {
  const { test } = languages[language];
  return { title: titled(name, test, 1), lines: [test] };
}

type Wording = Pick<AlertSettings, "language" | "name">;

function titled(name: string, first: string, count: number): string {
  return `${harmless(name)}: ${first}${count > 1 ? ` (+${count - 1})` : ""}`;
}

function sentence(notice: Notice, words: AlertWords): string {
  const { begins, over } = words.kinds[notice.kind];
  const facts = factsOf(notice, words);
  const [from, to] = [formatInstant(notice.since), formatInstant(notice.at)];
  if (notice.what === "over") return `${(over ?? begins)(facts)} ${words.was(from, to)}`;
  const told = begins(facts);
  return notice.what === "lasts" ? `${words.still} ${told} ${words.since(from)}` : told;
}

/** A name from left to right in a sentence from right to left. */
const [ISOLATE, POP] = ["\u2068", "\u2069"];

function factsOf({ subject, values, at }: Notice, { direction }: AlertWords): Facts {
  const text = (name: string) => String(values[name] ?? "");
  const apart = (it: string) => (direction === "rtl" && it !== "" ? `${ISOLATE}${it}${POP}` : it);
  const [bytes, until, seconds] = [Number(values.bytes ?? 0), text("until"), Number(values.seconds ?? 0)];
  return {
    subject: apart(harmless(subject)),
    percent: text("percent"),
    amount: apart(formatQuotaBytes(bytes)),
    until: until === "" ? "" : apart(formatInstant(until)),
    hasPassed: Date.parse(until) <= Date.parse(at),
    seconds: Math.abs(seconds).toFixed(1),
    isBehind: seconds < 0,
    isDead: values.effect === "dead",
    usual: text("usual"),
    now: text("now"),
  };
}
