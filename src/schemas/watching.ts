import type { DaemonState } from "../app/daemon/daemon-state.ts";
import type { CheckList, CheckResult, Diagnosis } from "../app/doctor/run-doctor.ts";
import type { MonthReport } from "../app/reporting/export-report.ts";
import type { AgentState } from "../app/watching/agent-states.ts";
import type { HaproxyState } from "../app/watching/haproxy-state.ts";
import type { HolderStats } from "../app/watching/holder-stats.ts";
import type { Figures } from "../app/watching/read-figures.ts";
import type { Logs, ShardLog } from "../app/watching/read-logs.ts";
import type { HouseholdsOfDay, PersonStats } from "../app/watching/read-person.ts";
import type { Stats } from "../app/watching/read-stats.ts";
import type { ShardStatus, Status } from "../app/watching/read-status.ts";
import type { PersonSums, Sums } from "../app/watching/read-sums.ts";
import type { ShardStats } from "../app/watching/shard-stats.ts";
import type { MonthRow } from "../domain/numbers/month-report.ts";
import { hostPart } from "./machine.ts";
import { limits, period } from "./people.ts";
import {
  choice,
  count,
  either,
  flag,
  instant,
  integer,
  list,
  measure,
  nothing,
  object,
  orNull,
  text,
} from "./schema.ts";
import * as value from "./values.ts";

/** Commands that show the running proxies. */

const UNKNOWN = "; null where the proxy does not answer, or does not count";
const figure = (description: string) => orNull(count(`${description}${UNKNOWN}`));

const shardStatus = object<ShardStatus>("A shard", {
  shardId: value.shardId(),
  name: value.shardName(),
  condition: choice("How it is", {
    healthy: "it runs and has a way to Telegram",
    "no upstream": "it runs, and has no connection to Telegram yet",
    "not answering": "it runs, and does not say how it is",
    stopped: "it is there and does not run",
    missing: "it is not there",
  }),
  port: value.port("Its public port"),
  family: value.family(),
  coverDomains: list("Sites it imitates; strangers see the first", value.domain()),
  users: count("Keys that somebody has"),
  spareSlots: count("Keys for those who come next, without a restart"),
  activeConnections: figure("Clients with a live session"),
  totalConnections: figure("Sessions since the process started"),
  uptimeSeconds: figure("Seconds since the process started"),
  readyTargets: figure("Connections to Telegram that are ready"),
  declaredTargets: figure("Connections to Telegram that it wants"),
  tagSet: orNull(flag(`It tells Telegram a promoted channel's tag${UNKNOWN}`)),
  version: orNull(text(`What the proxy calls itself${UNKNOWN}`)),
});

const haproxyState = object<HaproxyState>("HAProxy before the shards; null without HAProxy routing", {
  condition: choice("How it is", {
    running: "it runs and answers",
    "not answering": "it runs and says nothing at its socket",
    stopped: "its container is stopped",
    missing: "there is no container",
    unknown: "the engine cannot be asked",
  }),
  version: orNull(text("As HAProxy says it")),
  connections: orNull(count("Open now, of people and strangers")),
  uptimeSeconds: orNull(count("Seconds since its worker started")),
  oldWorkers: orNull(count("Workers of configurations before, whose connections go on")),
  draining: orNull(count("Proxies that were replaced and are not ended yet")),
});

const agentState = object<AgentState>("An agent", {
  agent: integer<AgentState["agent"]>("HAProxy asks agent 1, and agent 2 while that one is away", [1, 2]),
  condition: choice("How it is", {
    answers: "it answers as it does to HAProxy",
    silent: "it takes a connection and says nothing",
    gone: "nobody listens",
  }),
  version: orNull(text("Version of mtproxy that it is; null when it does not run")),
  outdated: flag("It is not the version that is installed"),
  keys: orNull(count("Keys that it works with; null when it does not run")),
  current: orNull(flag("Those are the latest; null when nobody can tell")),
  fault: orNull(text("Why it could not take the latest")),
});

const daemon = object<DaemonState>("The daemon; null without HAProxy routing", {
  condition: choice("How it is", { running: "it runs", gone: "it does not" }),
  version: orNull(text("Version of mtproxy that it is; null when it does not run, or does not say")),
  outdated: flag("It is not the version that is installed"),
});

const status = object<Status>("What runs", {
  engine: value.engineName(),
  notice: orNull(text("What an admin must know about this engine")),
  publicHost: value.server(),
  users: object<Status["users"]>("People with a link", {
    enabled: count("Whose link is switched on"),
    disabled: count("Whose link is switched off"),
  }),
  sharedSecrets: object<Status["sharedSecrets"]>("Secrets that belong to no user", {
    active: count("Which let in"),
    inactive: count("Which do not"),
  }),
  activeConnections: count("Clients with a live session, over all shards that answer"),
  totalConnections: count("Sessions since the processes started"),
  uptimeSeconds: count("Seconds that the oldest of them runs"),
  shards: list("Shard by shard", shardStatus),
  pending: orNull(flag("What is saved differs from what runs; null when nobody can tell")),
  routing: choice("How clients reach their shard", {
    direct: "each shard has a public port",
    edge: "HAProxy stands before them",
  }),
  haproxy: orNull(haproxyState),
  agents: orNull(list("Those that tell HAProxy who is connecting; null without HAProxy routing", agentState)),
  daemon: orNull(daemon),
  host: list(
    "What setup put on this machine outside the home",
    object<Status["host"][number]>("A part", {
      part: hostPart(),
      items: list("What it consists of", text("Path, name of a timer, or rule", { minLength: 1 })),
    }),
  ),
});

const shardStats = object<ShardStats>(
  "Figures of a proxy; the daemon counts over restarts, the proxy since it started",
  {
    shardId: value.shardId(),
    name: value.shardName(),
    port: value.port("Its public port"),
    running: flag("Its process runs"),
    activeConnections: figure("Clients with a live session"),
    totalConnections: figure("Sessions so far"),
    openSockets: orNull(count("Open sockets of clients, strangers too; null where the daemon was asked")),
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
  activeConnections: count("Clients with a live session, over all shards that answer"),
  totalConnections: count("Sessions so far"),
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

const logs = object<Logs>("What the proxies printed", {
  shards: list(
    "Proxy by proxy",
    object<ShardLog>("A proxy", {
      shardId: value.shardId(),
      name: value.shardName(),
      lines: list("Oldest first", text("A line, without keys")),
    }),
  ),
});

const checkId = text("Name of the check, for doctor CHECK", { pattern: "^[a-z]+(-[a-z]+)*$" });
const checkTitle = text("What it looks at", { minLength: 1 });

const checkResult = object<CheckResult>("What a check found", {
  id: checkId,
  title: checkTitle,
  verdict: choice("How it is", {
    ok: "nothing to do",
    warning: "people get in, and something should be done",
    failed: "people cannot get in, or get in who should not, or soon so",
    skipped: "there was nothing to look at",
  }),
  reason: text("A sentence", { minLength: 1 }),
  hint: orNull(text("The next step, usually a command to type")),
  milliseconds: measure("How long it took, milliseconds"),
});

const diagnosis = object<Diagnosis>("What the doctor found", {
  checks: list("Check by check", checkResult),
  ok: count("Checks that found nothing to do"),
  warnings: count("Checks that warn"),
  failed: count("Checks that failed"),
  skipped: count("Checks that had nothing to look at"),
});

const checkList = object<CheckList>("The checks there are (--list)", {
  checks: list("In their order", object<CheckList["checks"][number]>("A check", { id: checkId, title: checkTitle })),
});

const endless = nothing("A service of the host, which goes on until it is ended");

const figures = either(stats, either(personStats, sums));

export const watching = {
  status,
  stats: figures,
  "export-report": monthReport,
  logs,
  doctor: either(diagnosis, checkList),
  agent: endless,
  daemon: endless,
};
