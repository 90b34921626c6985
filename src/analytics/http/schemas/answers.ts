import type { HistoryEvent, HistoryPoint, Resolution, SeriesKind } from "../../../domain/numbers/history.ts";
import {
  choice,
  count,
  either,
  flag,
  instant,
  list,
  measure,
  object,
  orNull,
  type Schema,
  text,
} from "../../../schemas/schema.ts";
import type {
  ApiErrorKind,
  AppSighting,
  DayHouseholds,
  ErrorAnswer,
  HealthAnswer,
  HistoryAnswer,
  HistoryEventsAnswer,
  HistoryUsersAnswer,
  LinkAnswer,
  MtproxyStats,
  NotKnown,
  ResourceStats,
  StatsAnswer,
  UserAnswer,
  UserStats,
  UserSumsAnswer,
  UsersAnswer,
} from "../answers.ts";
import { component } from "./component.ts";
import {
  edge,
  host,
  personFields,
  refusal,
  routing,
  shard,
  shared,
  timestamp,
  user,
  userName,
  usersNote,
} from "./figures.ts";

/** What each answer means, field by field. That nothing is missing, and nothing is told that is not there, the compiler sees. */

const figure = (description: string) => orNull(count(`${description}; null where nobody can tell`));
const notKnown = choice<NotKnown>("Nobody can tell; users_note says why", { "N/A": "" });
const milliseconds = (description: string) => count(`${description}, Unix milliseconds`);

const userStats = object<UserStats>("A person", {
  username: userName(),
  mtproxyEnabled: flag("Their link is switched on"),
  connections: either(count("Open now; one app opens about eight"), notKnown),
  lastSeen: either(
    orNull(instant("When a connection of theirs last opened, was open or carried a byte; null for never")),
    notKnown,
  ),
  ...personFields,
});

const resources = object<ResourceStats>(
  "Of all containers, or of the trial engine's process; a MB is 1,000,000 bytes",
  {
    cpuPercent: orNull(measure("% of one core since the look before")),
    memoryMb: orNull(measure("Memory, MB")),
    networkRxMb: orNull(measure("Received over restarts, MB; null on the host's network, where nobody counts")),
    networkTxMb: orNull(measure("Sent over restarts, MB")),
    memoryBytes: figure("Memory"),
    networkRxBytes: figure("Received over restarts"),
    networkTxBytes: figure("Sent over restarts"),
  },
);

export const statsAnswer = component(
  "Stats",
  object<StatsAnswer>("Everything at one instant", {
    mtproxy: object<MtproxyStats>("All proxies together", {
      activeConnections: figure("Clients with a live session (the sum of ext_connections)"),
      totalConnections: count("Sessions since the collector first looked (ext_connections_created over restarts)"),
      uptimeSeconds: orNull(measure("Of the proxy that runs longest; null when none runs")),
      running: orNull(flag("A proxy runs; null when the engine could not be asked")),
      routing,
    }),
    users: list("Person by person", userStats),
    shared: orNull(shared),
    usersNote,
    shards: list("Proxy by proxy", shard),
    edge: orNull(edge),
    resources,
    host,
    timestamp,
  }),
);

export const usersAnswer = component(
  "Users",
  object<UsersAnswer>("Everybody", {
    users: list("Person by person", user),
    shared: orNull(shared),
    usersNote,
    timestamp,
  }),
);

const day = object<DayHouseholds>("A day on which they came", {
  day: text("UTC", { format: "date" }),
  households: count("Distinct ones (IPv4 address or IPv6 /64)"),
});

const app = object<AppSighting>("A kind of app, as its first bytes tell it", {
  family: text("For instance header, short hello, long hello or hello without SNI, which gets in nowhere", {
    minLength: 1,
  }),
  count: count("Connections"),
});

export const userAnswer = component(
  "Person",
  object<UserAnswer>("One person", {
    user,
    usersNote,
    households: orNull(list("The last 30 days; null where history cannot be read", day)),
    apps: orNull(list("The last 30 days; null where history cannot be read", app)),
    historyNote: orNull(text("Why there is no history; null where there is")),
    timestamp,
  }),
);

export const kind = choice<SeriesKind>("Whose figures", {
  all: "of everything; name is empty",
  shard: "of a shard; name is its number",
  user: "of a person",
});

export const resolution = choice<Resolution>("How long a bucket is", {
  raw: "10 seconds, kept for 48 hours",
  minute: "kept for 30 days",
  hour: "kept for two years",
  day: "UTC, kept for two years",
});

const SOCKETS = "of a shard, and of everything without HAProxy routing, what all sockets, those to Telegram too,";

const point = object<HistoryPoint>("A bucket", {
  at: milliseconds("Where it begins; of raw, when the look was"),
  bytesIn: count(`From clients; ${SOCKETS} received`),
  bytesOut: count(`To clients; ${SOCKETS} sent`),
  opened: count("Connections that began"),
  active: figure("The most that were open at one look"),
  seconds: measure("Watched by the looks in it"),
});

export const historyAnswer = component(
  "History",
  object<HistoryAnswer>("What was, bucket by bucket", {
    kind,
    name: text("As asked for"),
    since: milliseconds("As asked for"),
    until: milliseconds("As asked for; the bucket of it is not part of the answer"),
    resolution,
    step: count("Seconds of a bucket", { minimum: 1 }),
    points: list(
      "Ascending; watched ones without traffic have zeros, and those that nobody watched are missing",
      point,
    ),
  }),
);

const userSums = object<UserSumsAnswer>("What a person did within the time", {
  name: text("A name, or that of somebody who had it before: alice@20261121T120000.000Z", { minLength: 1 }),
  bytesIn: count("From the person"),
  bytesOut: count("To the person"),
  opened: count("Connections that began"),
  mostActive: figure("The most that were open at one look"),
  lastSeen: orNull(milliseconds("When they were last seen, ever; null for never")),
});

export const historyUsersAnswer = component(
  "HistoryUsers",
  object<HistoryUsersAnswer>("Who did how much", {
    since: milliseconds("As asked for"),
    until: milliseconds("As asked for"),
    users: list("The busiest first", userSums),
  }),
);

export const event = component(
  "Event",
  object<HistoryEvent>("Something that happened", {
    at: milliseconds("When"),
    kind: text("For instance shard-down or refused", { minLength: 1 }),
    subject: text("Whom or what it is about"),
    words: text("As people read it"),
  }),
);

export const historyEventsAnswer = component(
  "HistoryEvents",
  object<HistoryEventsAnswer>("What happened", { events: list("The newest first", event) }),
);

const sentences = (description: string) => list(description, text("A sentence", { minLength: 1 }));

export const healthAnswer = component(
  "Health",
  object<HealthAnswer>("How it does", {
    ok: flag("People get in, and the figures are fresh"),
    problems: sentences("Why not; none when it is well"),
    warnings: sentences("What else is amiss"),
    version: text("Of this product", { minLength: 1 }),
    lookedAt: orNull(instant("The last look of the collector; null before the first one")),
    ageSeconds: orNull(measure("Since then")),
    since: instant("Since when this API serves"),
  }),
);

const linkText = (description: string, pattern: string) =>
  text(`${description}. Holds the key: whoever has it gets in`, { pattern });

export const linkAnswer = component(
  "Link",
  object<LinkAnswer>("The way in for one person", {
    username: userName(),
    enabled: flag("Otherwise the link does not work"),
    refusal,
    link: linkText("Opens the app", "^tg://proxy\\?"),
    tmeLink: linkText("For places that make only web links clickable", "^https://t\\.me/proxy\\?"),
    qrSvg: linkText("The link as a QR code: an SVG document", "^<svg"),
  }),
);

const kinds: Readonly<Record<ApiErrorKind, string>> = {
  unauthorized: "no token, or not the right one",
  forbidden: "not for this caller",
  method: "this API only reads",
  "too-many": "too many wrong tokens, or listeners",
  "not-ready": "the collector has not looked yet",
  invalid: "a value that cannot be",
  usage: "a parameter that there is none of, or a request with a body",
  "not-found": "there is no such thing",
  conflict: "in conflict with what is there",
  environment: "a file cannot be read",
  engine: "another program failed",
  bug: "a bug of ours",
  pending: "",
  unhealthy: "",
  interrupted: "",
};

export const errorAnswer: Schema<ErrorAnswer> = component(
  "Error",
  object<ErrorAnswer>("Why there is no answer", {
    error: object<ErrorAnswer["error"]>("What went wrong", {
      kind: choice("What kind of thing", kinds),
      message: text("A sentence without keys", { minLength: 1 }),
      hint: orNull(text("The next step")),
    }),
  }),
);
