import type { MonthReport } from "../app/reporting/export-report.ts";
import type { HolderStats } from "../app/watching/holder-stats.ts";
import type { Figures } from "../app/watching/read-figures.ts";
import type { HouseholdsOfDay, PersonStats } from "../app/watching/read-person.ts";
import type { Stats } from "../app/watching/read-stats.ts";
import type { PersonSums, Sums } from "../app/watching/read-sums.ts";
import type { ShardStats } from "../app/watching/shard-stats.ts";
import type { MonthRow } from "../domain/numbers/month-report.ts";
import { limits, period } from "./people.ts";
import { choice, count, either, flag, instant, list, measure, object, orNull, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands that show figures: of now, of what was, of a month. */

export const UNKNOWN = "; null where the proxy does not answer, or does not count";

/** A count of a proxy. */
export const figure = (description: string) => orNull(count(`${description}${UNKNOWN}`));

const shardStats = object<ShardStats>(
  "Figures of a proxy; the daemon counts over restarts, the proxy since it started",
  {
    shardId: value.shardId(),
    name: value.shardName(),
    port: value.port("Its public port"),
    running: flag("Its process runs"),
    activeConnections: figure("Clients with a live session"),
    totalConnections: figure("Sessions so far"),
    openSockets: figure("Open sockets of clients, strangers too"),
    uptimeSeconds: figure("Seconds since it started"),
    readyTargets: figure("Connections to Telegram that are ready"),
    declaredTargets: figure("Connections to Telegram that it wants"),
    bytesIn: figure("Bytes received over all sockets, those to Telegram too"),
    bytesOut: figure("Bytes sent over all sockets, those to Telegram too"),
    memoryBytes: figure("Resident memory, bytes"),
  },
);

const day = (description: string) => text(`${description} (UTC)`, { format: "date" });
const known = (description: string) => orNull(count(`${description}; null where nobody knows`));
const traffic = (description: string) => {
  const each = orNull(count("Bytes in both directions; null where nobody watched"));
  return orNull(list(`${description}, oldest first; null where they were not there, or there is no history`, each));
};

const holderStats = object<HolderStats>(
  "A person; the daemon counts over everything, the trial engine since it started",
  {
    username: orNull(value.listedName("Null for the shared secrets together")),
    enabled: orNull(flag("Not disabled by a command; null where only the proxies were asked")),
    refusal: orNull(text("Why they are refused for now: expired, quota")),
    activeConnections: known("Open connections; one app opens about eight"),
    totalConnections: known("Connections so far"),
    bytesIn: known("Bytes received from their apps"),
    bytesOut: known("Bytes sent to their apps"),
    usedBytes: known("Bytes in both directions within the quota's period, the calendar month without one"),
    limits: orNull(limits("What bounds them; null without a bound")),
    addressesToday: known("Distinct households (IPv4 address or IPv6 /64) since midnight UTC"),
    lastSeen: value.instantOrNull("When a connection of theirs last opened or carried a byte; null for never"),
    expiresAt: orNull(value.recorded("When the link ends by itself")),
    lastDay: traffic("Of each of the last 24 hours"),
  },
);

const format = choice<"text" | "csv">("How people get it printed", { text: "as tables", csv: "as rows (--csv)" });
const at = instant("When they were taken");
const source = choice<Stats["source"]>("Who counted", {
  daemon: "the daemon, over all restarts",
  proxies: "the proxies themselves, since they started",
});
const usersNote = orNull(text("Why there are no figures of people"));

const stats = object<Stats & Pick<Figures, "format">>("Figures", {
  format,
  engine: value.engineName(),
  at,
  source,
  activeConnections: orNull(count("Clients with a live session, over all shards that answer; null where none does")),
  totalConnections: orNull(count("Sessions so far; null where nobody tells")),
  shards: list("Shard by shard", shardStats),
  users: orNull(list("Person by person; null where nobody can tell people apart", holderStats)),
  usersNote,
});

const personStats = object<PersonStats & Pick<Figures, "format">>("One person (stats NAME)", {
  format,
  at,
  source,
  usersNote,
  user: holderStats,
  lastMonth: traffic("Of each of the last 30 days (UTC)"),
  households: orNull(
    list(
      "Of the last 30 days those on which they came, oldest first; null where there is no history",
      object<HouseholdsOfDay>("A day", { day: day("The day"), households: count("Distinct households") }),
    ),
  ),
});

const personSums = object<PersonSums>("A person within that time", {
  username: text("Name; of somebody who had the name before, with @ and when the next one came", { minLength: 1 }),
  bytesIn: count("Bytes received from their apps"),
  bytesOut: count("Bytes sent to their apps"),
  connections: count("Connections that began"),
  mostActive: known("The most connections that were open at one look"),
  lastSeen: value.instantOrNull("When a connection of theirs last was open or carried a byte, ever"),
});

const sums = object<Sums & Pick<Figures, "format">>("What was since then (--since)", {
  format,
  since: instant("From when on"),
  until: instant("Until when"),
  watchedSeconds: measure("Seconds of it that the daemon watched"),
  everybody: object<Sums["everybody"]>("All of them together", {
    bytesIn: count("Bytes received from people; where nobody tells them apart over all sockets, those to Telegram too"),
    bytesOut: count("Bytes sent, likewise"),
    connections: count("Sessions that began"),
    mostActive: known("The most that were open at one look"),
  }),
  users: list("Those with any figure", personSums),
});

const monthRow = object<MonthRow>("What one account did", {
  account: text("As the ledger calls it: a name, NAME@INSTANT of who had it before, secret:ID", { minLength: 1 }),
  username: orNull(value.listedName("Null for a shared secret")),
  until: value.instantOrNull("Of somebody who had the name before, when the next one came"),
  bytesIn: known("Bytes received from their apps"),
  bytesOut: known("Bytes sent to their apps"),
  connections: known("Connections, with HAProxy routing those that ended"),
  daysActive: known("Days (UTC) with any figure"),
  mostHouseholds: known("The most households on one day"),
  quotaBytes: orNull(count("What they may use now; null without a quota")),
  quotaPeriod: orNull(period()),
});

const monthReport = object<MonthReport>("A month of everybody", {
  format: choice("What the file is", { csv: "for a spreadsheet", json: "for a program", html: "to be printed" }),
  file: orNull(value.path("Where it was written; null where it is shown")),
  month: text("Calendar month, UTC", { pattern: "^[0-9]{4}-[0-9]{2}$" }),
  isWhole: flag("The month is over"),
  madeAt: instant("When it was made"),
  rows: list("The busiest first", monthRow),
  totals: object<MonthReport["totals"]>("Everybody together", {
    bytesIn: count("Bytes received"),
    bytesOut: count("Bytes sent"),
    connections: count("Connections"),
  }),
  note: orNull(text("Why there are no figures; null where there are")),
});

export const figures = { stats: either(stats, either(personStats, sums)), "export-report": monthReport };
