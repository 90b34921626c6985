import type { DaemonState } from "../app/daemon/daemon-state.ts";
import type { CheckList, CheckResult, Diagnosis } from "../app/doctor/run-doctor.ts";
import type { AgentState } from "../app/watching/agent-states.ts";
import type { HaproxyState } from "../app/watching/haproxy-state.ts";
import type { Logs, ShardLog } from "../app/watching/read-logs.ts";
import type { Status } from "../app/watching/read-status.ts";
import type { ShardStatus } from "../app/watching/shard-status.ts";
import { figure, figures, UNKNOWN } from "./figures.ts";
import { hostPart } from "./machine.ts";
import { choice, count, either, flag, integer, list, measure, nothing, object, orNull, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands that show the running proxies. */

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

export const watching = {
  status,
  ...figures,
  logs,
  doctor: either(diagnosis, checkList),
  agent: endless,
  daemon: endless,
};
