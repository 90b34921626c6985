import type { PersonSums, Sums } from "../app/watching/read-sums.ts";
import type { Style } from "../commands/command.ts";
import { formatInstant } from "../domain/expiry.ts";
import { accountWords } from "./account-words.ts";
import { bytesText, NONE, textOf } from "./people-table.ts";
import { table } from "./table.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** What was since a moment. */
export async function sumsView(
  { since, until, watchedSeconds, everybody, users }: Sums,
  style: Style,
): Promise<string> {
  const seconds = (Date.parse(until) - Date.parse(since)) / 1000;
  return [
    style.bold(`From ${formatInstant(since)} to ${formatInstant(until)}:`),
    `  Connections: ${everybody.connections}`,
    `  Most at once: ${textOf(everybody.mostActive)}`,
    `  Traffic: ${formatBytes(everybody.bytesIn)} in, ${formatBytes(everybody.bytesOut)} out`,
    `  Watched: ${formatDuration(Math.min(watchedSeconds, seconds))} of ${formatDuration(seconds)}`,
    "",
    users.length === 0 ? "no figures of people in that time" : await sumsTable(users),
  ].join("\n");
}

function sumsTable(users: readonly PersonSums[]): Promise<string> {
  const titles = ["Username", "Connections", "Most at once", "From them", "To them", "Last seen"];
  return table(
    titles.map((title) => ({ title })),
    users.map((user) => [
      accountWords(user.username),
      ...[user.connections, user.mostActive].map(textOf),
      ...[user.bytesIn, user.bytesOut].map(bytesText),
      user.lastSeen === null ? NONE : formatInstant(user.lastSeen),
    ]),
  );
}
