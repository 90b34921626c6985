import type {
  EdgeFigures,
  HostFigures,
  ShardFigures,
  SharedFigures,
  UserFigures,
} from "../../../domain/numbers/snapshot.ts";
import type { Quota, QuotaPeriod, UserLimits } from "../../../domain/user-limits.ts";
import {
  choice,
  count,
  flag,
  instant,
  maybe,
  measure,
  object,
  orNull,
  record,
  type Schema,
  text,
} from "../../../schemas/schema.ts";
import { component } from "./component.ts";

/** The figures of a look, as the domain has them. Null is "not known", never zero. */

const UNKNOWN = "; null where nobody can tell";
const figure = (description: string) => orNull(count(`${description}${UNKNOWN}`));

export const userName = (description = "Name of a person") => text(description, { minLength: 1 });

export const refusal = orNull(
  text("Why they are refused now, for instance expired or quota; null when they are let in, or disabled by a command"),
);

const quota = object<Quota>("Bytes in both directions together", {
  bytes: count("So many at most", { minimum: 1 }),
  period: text("month (the calendar month) or so many days that end with today, in UTC", {
    pattern: "^(month|[0-9]+d)$",
  }) as Schema<QuotaPeriod>,
});

export const limits = component(
  "Limits",
  object<UserLimits>("What a person may use; what is absent has no bound", {
    connections: maybe(count("Connections at a time; one app opens about eight", { minimum: 1 })),
    addresses: maybe(count("Distinct addresses at a time", { minimum: 1 })),
    quota: maybe(quota),
    rate: maybe(count("Bytes a second in each direction", { minimum: 1 })),
  }),
);

export const usersNote = orNull(text("Why there are no figures of people; null where there are"));

export const timestamp = instant("When the collector looked");

export const routing = choice("How clients reach their shard", {
  direct: "each shard has a public port",
  edge: "HAProxy stands before them",
});

/** What is the same in every answer about a person. */
export const personFields = {
  refusal,
  totalConnections: figure("Connections ever, ended and open ones"),
  bytesIn: figure("Bytes from the person, ever, above TCP"),
  bytesOut: figure("Bytes to the person, ever, above TCP"),
  usedBytes: figure("Bytes in both directions within the quota's period, the calendar month where there is no quota"),
  addressesToday: figure("Distinct households (IPv4 address or IPv6 /64) since midnight UTC"),
  limits: orNull(limits),
  expiresAt: orNull(instant("When their link ends; null for never")),
};

export const user = component(
  "User",
  object<UserFigures>("A person", {
    name: userName(),
    enabled: flag("Their link is switched on"),
    connections: figure("Open now; one app opens about eight"),
    lastSeen: orNull(instant("When a connection of theirs last opened, was open or carried a byte; null when never")),
    ...personFields,
  }),
);

/** Whoever uses one has no name, so the figures are of all of them. */
export const shared = component(
  "Shared",
  object<SharedFigures>("All shared secrets together", {
    connections: figure("Open now"),
    totalConnections: figure("Connections ever, ended and open ones"),
    bytesIn: figure("Bytes from clients, ever, above TCP"),
    bytesOut: figure("Bytes to clients, ever, above TCP"),
    usedBytes: figure("Bytes in both directions within the calendar month"),
    lastSeen: orNull(instant("When a connection last opened, was open or carried a byte; null when never")),
  }),
);

export const shard = component(
  "Shard",
  object<ShardFigures>("A proxy process; figures are null when it does not answer, or does not count", {
    id: count("Its number", { minimum: 1 }),
    name: text("Name of its container or process", { minLength: 1 }),
    kind: text("What links it serves", { minLength: 1 }),
    port: count("Its port", { minimum: 1, maximum: 65_535 }),
    running: flag("Its process runs"),
    activeConnections: figure("Clients with a live session"),
    totalConnections: count("Sessions over restarts, since the collector first looked"),
    openSockets: figure("Open sockets of clients, strangers too"),
    uptimeSeconds: orNull(measure("Seconds since it started")),
    readyTargets: figure("Connections to Telegram that are ready"),
    declaredTargets: figure("Connections to Telegram that it wants"),
    bytesIn: figure("Bytes received over all sockets, those to Telegram too, over restarts"),
    bytesOut: figure("Bytes sent over all sockets, those to Telegram too, over restarts"),
    memoryBytes: figure("Resident memory"),
  }),
);

export const edge = component(
  "Edge",
  object<EdgeFigures>("HAProxy before the shards", {
    running: orNull(flag(`It runs; without it nobody gets in${UNKNOWN}`)),
    connections: figure("Open now, of people and strangers"),
    uptimeSeconds: orNull(measure("Seconds since its worker started")),
    oldWorkers: figure("Workers of configurations before, whose connections go on"),
    agents: count("Agents that answer, of two"),
    verdicts: record(
      "Connections that ended since the daemon first read HAProxy's log, by verdict",
      ".",
      count("Connections"),
    ),
  }),
);

const load: Schema<HostFigures["load"]> = {
  json: {
    type: "array",
    items: { type: "number", minimum: 0 },
    minItems: 3,
    maxItems: 3,
    description: "Load over 1, 5 and 15 minutes",
  },
};

export const host = component(
  "Host",
  object<HostFigures>("The machine", {
    load,
    cores: count("Processors", { minimum: 1 }),
    memoryBytes: count("Memory"),
    memoryFreeBytes: count("Memory that programs could have"),
    diskBytes: figure("Size of the file system that the home is on"),
    diskFreeBytes: figure("Room on it"),
  }),
);
