import type { ShownAlerts, ShownChannel } from "../app/alerts/show-alerts.ts";
import type { ToldAlerts, ToldMessage } from "../app/alerts/show-told.ts";
import type { TestedAlerts, TestedChannel } from "../app/alerts/test-alerts.ts";
import type { Style } from "../commands/command.ts";
import { formatInstant } from "../domain/expiry.ts";
import { thresholdNames } from "../domain/numbers/alerts/settings.ts";
import { counted } from "./units.ts";

/** How alerts are set, and what is amiss now. */
export function alertsView(shown: ShownAlerts, style: Style): string {
  const { enabled, current, channels, kinds } = shown;
  return [
    style.bold(`Alerts: ${enabled ? "on" : "off"}`),
    ...current.map((line) => `  ${style.bad("✗")} ${line}`),
    ...channels.map((it) => channelLine(it, style)),
    "",
    ...kinds.map(({ kind, on, meaning }) => `  ${on ? style.good("✓") : style.dim("-")} ${kind.padEnd(18)} ${meaning}`),
    "",
    ...settingLines(shown).map((line) => `  ${line}`),
  ].join("\n");
}

/** The ways to tell somebody, after one was added or removed. */
export function channelsView({ channels }: ShownAlerts, style: Style): string {
  if (channels.length === 0) return "Nobody is told of anything.";
  const lines = channels.map((it) => channelLine(it, style));
  const told = "Messages name people, and hold no keys and links. mtproxy alerts test sends one through each channel.";
  return [style.bold("Alerts go to"), ...lines, "", told].join("\n");
}

function channelLine({ name, kind, to, waiting, fault }: ShownChannel, style: Style): string {
  const called = name === kind ? kind : `${name} (${kind})`;
  if (waiting === 0) return `  ${called}: ${to}`;
  return `  ${called}: ${to}, ${style.warning(`${counted(waiting, "message")} waiting${fault === null ? "" : `: ${fault}`}`)}`;
}

function settingLines({ language, name, thresholds, remindHours, quietHours, quietAll }: ShownAlerts): string[] {
  const from = Object.entries(thresholdNames).map(
    ([name, stored]) => `${stored}=${thresholds[name as keyof typeof thresholds]}`,
  );
  const quiet = quietHours === null ? "none" : `${quietHours}${quietAll ? ", for everything" : ""}`;
  return [
    `Language: ${language}, as "${name}"`,
    `Quiet hours: ${quiet}`,
    `Told again: ${remindHours === null ? "never" : `every ${counted(remindHours, "hour")}`}`,
    `Thresholds: ${from.join(" ")}`,
  ];
}

export function testedAlertsView({ channels }: TestedAlerts, style: Style): string {
  return channels.map((it) => testedLine(it, style)).join("\n");
}

function testedLine({ name, to, ok, fault, milliseconds }: TestedChannel, style: Style): string {
  const seconds = `${(milliseconds / 1000).toFixed(1)} s`;
  return ok
    ? `${style.good("✓")} ${name} took it: ${to}, ${seconds}`
    : `${style.bad("✗")} ${name}: ${fault ?? ""}, ${seconds}`;
}

export function toldAlertsView({ messages, held }: ToldAlerts, style: Style): string {
  const later = held.map((line) => `${style.dim("held back until the quiet hours are over")}  ${line}`);
  if (messages.length + held.length === 0) return "Nothing was told yet.";
  return [...messages.map((it) => toldLines(it, style)), ...later].join("\n");
}

function toldLines({ at, channel, outcome, attempts, fault, lines }: ToldMessage, style: Style): string {
  const why = fault === null ? "" : `: ${fault}`;
  const marks = {
    sent: style.good("✓"),
    "given-up": `${style.bad("✗")} given up after ${counted(attempts, "attempt")}${why}`,
    waiting: `${style.warning("waits")} after ${counted(attempts, "attempt")}${why}`,
  };
  const head = `${style.dim(formatInstant(at))}  ${channel}  ${marks[outcome]}`;
  return [head, ...lines.map((line) => `    ${line}`)].join("\n");
}
