import type { ChangedSettings } from "../app/settings/change-settings.ts";
import type { Style } from "../commands/command.ts";
import type { Settings } from "../domain/settings.ts";

/** A setting a line, named as in the file. */
export function settingsView(settings: Settings): string {
  const rows = Object.entries(settings).map(([name, value]) => [snakeName(name), shownValue(value)] as const);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

export function changedSettingsView({ changed, links, live }: ChangedSettings, style: Style): string {
  const lines = changed.map(({ name, from, to }) => `  ${name}: ${shownValue(from)} → ${shownValue(to)}`);
  const people = links.map(({ username, from, to }) => `  ${username}: ${from} → ${to}`);
  const title = changed.length === 0 ? "Nothing was different" : "Settings:";
  return [
    live ? `${style.good("✓")} ${title}` : title,
    ...lines,
    ...(people.length === 0 ? [] : ["", "Links that change; send these people the new one:", ...people]),
  ].join("\n");
}

function snakeName(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

function shownValue(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (Array.isArray(value)) return value.join(" ");
  if (typeof value !== "object") return String(value);
  const { first, last } = value as { first?: number; last?: number };
  if (first !== undefined) return `${first}-${last}`;
  return Object.entries(value)
    .map(([id, endpoint]) => `${id}=${endpoint}`)
    .join(" ");
}
