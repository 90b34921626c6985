import type { ShownAlerts } from "../app/alerts/show-alerts.ts";
import type { ToldAlerts } from "../app/alerts/show-told.ts";
import type { TestedAlerts } from "../app/alerts/test-alerts.ts";
import { type AlertKind, alertKinds, natures } from "../domain/numbers/alerts/kinds.ts";
import { choice, count, flag, instant, list, object, orNull, text } from "./schema.ts";

/** Commands that decide what an admin is told, and how. */

const meanings = Object.fromEntries(alertKinds.map((kind) => [kind, natures[kind].meaning])) as Record<
  AlertKind,
  string
>;
const channelName = text("What the channel is called", { minLength: 1 });
const channelKind = text("telegram, email, webhook or command", { minLength: 1 });
const channelPlace = text("Where it leads, without what is secret of that");
const sentence = text("A sentence in the language that is set, without keys and links", { minLength: 1 });

const alerts = object<ShownAlerts>("How alerts are set", {
  enabled: flag("Somebody is told at all"),
  language: choice("Of the messages", { en: "English", ru: "Russian", fa: "Persian" }),
  name: text("What messages call this server", { minLength: 1 }),
  kinds: list(
    "Everything that can be told",
    object<ShownAlerts["kinds"][number]>("A kind of alert", {
      kind: choice("What it is about", meanings),
      on: flag("It is told"),
      meaning: text("What it is about", { minLength: 1 }),
    }),
  ),
  thresholds: object<ShownAlerts["thresholds"]>("From where on something is told", {
    quotaPercent: count("Per cent of a quota"),
    expiryDays: count("Days before a link ends"),
    diskPercent: count("Per cent of the disk that are free"),
    certificateDays: count("Days before the certificate of the cover site ends"),
    dropPercent: count("Per cent of the usual connections that are gone at once"),
    dropFrom: count("Usual connections from which a drop can be seen"),
  }),
  remindHours: orNull(count("Hours after which it is told again that something lasts; null for never")),
  quietHours: orNull(text("When most waits until it is over, and the time zone; null for none")),
  quietAll: flag("In quiet hours everything waits"),
  channels: list(
    "Ways to tell somebody",
    object<ShownAlerts["channels"][number]>("A channel", {
      name: channelName,
      kind: channelKind,
      to: channelPlace,
      waiting: count("Messages that it has not taken yet"),
      fault: orNull(text("Why it did not take the first of them; null where it was not tried or none waits")),
    }),
  ),
  current: list("What was told and is not over", sentence),
});

const tested = object<TestedAlerts>("What came of a test", {
  channels: list(
    "Channel by channel",
    object<TestedAlerts["channels"][number]>("A channel", {
      name: channelName,
      kind: channelKind,
      to: channelPlace,
      ok: flag("It took the message"),
      fault: orNull(text("Why it did not; null where it did")),
      milliseconds: count("How long it took"),
    }),
  ),
});

const told = object<ToldAlerts>("What was told", {
  messages: list(
    "The newest last",
    object<ToldAlerts["messages"][number]>("A message in one channel", {
      id: text("The same in all channels and attempts", { minLength: 1 }),
      at: instant("When it was to be told"),
      channel: channelName,
      outcome: choice("What became of it", {
        sent: "the channel took it",
        "given-up": "it did not for three days, or too many waited",
        waiting: "it is tried again",
      }),
      attempts: count("How often it was tried"),
      fault: orNull(text("Why the last attempt failed; null where none did")),
      lines: list("What it says", sentence),
    }),
  ),
  held: list("What is told when the quiet hours are over", sentence),
});

export const alertCommands = {
  "alerts show": alerts,
  "alerts set": alerts,
  "alerts add": alerts,
  "alerts remove": alerts,
  "alerts test": tested,
  "alerts history": told,
};
