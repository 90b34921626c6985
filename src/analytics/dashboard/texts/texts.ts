import type { PeopleOrder, PersonState } from "../figures/people.ts";
import type { RangeName } from "../figures/ranges.ts";

/** Every text of the page. A language is a file with all of them. */
export interface Texts {
  /** BCP 47, for `lang` and for numbers. */
  readonly language: string;
  readonly title: string;
  readonly skip: string;
  readonly languageName: string;
  readonly chooseLanguage: string;
  readonly theme: { readonly label: string; readonly system: string; readonly light: string; readonly dark: string };
  readonly leave: string;
  readonly door: {
    readonly title: string;
    readonly explanation: string;
    readonly label: string;
    readonly enter: string;
    readonly entering: string;
    readonly wrong: string;
    readonly tooMany: string;
    readonly away: string;
    readonly notAnyMore: string;
  };
  readonly live: {
    readonly connecting: string;
    readonly live: string;
    readonly away: (since: string) => string;
    readonly stale: (since: string) => string;
    readonly refused: (why: string) => string;
    readonly looked: (time: string) => string;
  };
  readonly unknown: string;
  readonly never: string;
  readonly unlimited: string;
  readonly overview: {
    readonly title: string;
    readonly connections: string;
    readonly connectionsHelp: string;
    readonly online: string;
    readonly onlineOf: (all: string) => string;
    readonly sessions: string;
    readonly sessionsHelp: string;
    readonly uptime: string;
    readonly stopped: string;
    readonly upstream: string;
    readonly upstreamHelp: string;
  };
  readonly notes: {
    readonly needsHaproxy: string;
    readonly noShardAnswers: string;
    readonly noAnswer: string;
    readonly notCounted: string;
    readonly hostNetwork: string;
    readonly firstLook: string;
    readonly engine: string;
    readonly engineSilent: string;
    readonly noHaproxy: string;
  };
  readonly charts: {
    readonly title: string;
    readonly range: string;
    readonly ranges: Readonly<Record<RangeName, string>>;
    readonly connections: string;
    readonly traffic: string;
    readonly from: string;
    readonly to: string;
    readonly most: (count: string) => string;
    readonly sums: (from: string, to: string) => string;
    readonly received: string;
    readonly sent: string;
    readonly sumsOfSockets: (received: string, sent: string) => string;
    readonly nothing: string;
    readonly noHistory: (reason: string) => string;
    readonly table: string;
    readonly begins: string;
    readonly opened: string;
    readonly byPerson: string;
    readonly nobody: string;
    readonly gaps: string;
  };
  readonly people: {
    readonly title: string;
    readonly online: string;
    readonly nobodyOnline: string;
    readonly more: (count: number) => string;
    readonly search: string;
    readonly found: (found: number, all: number) => string;
    readonly none: string;
    readonly columns: Readonly<Record<PeopleOrder, string>>;
    readonly states: Readonly<Record<PersonState, string>>;
    readonly refusals: Readonly<Record<string, string>>;
    readonly quotaUsed: (percent: string, quota: string) => string;
    readonly connections: (count: number) => string;
    readonly caption: string;
    readonly shared: (secret: string) => string;
    readonly sharedTogether: (connections: string, sent: string, received: string) => string;
    readonly former: (name: string) => string;
  };
  readonly person: {
    readonly back: string;
    readonly missing: string;
    readonly state: string;
    readonly limits: string;
    readonly quota: string;
    readonly periods: (period: string) => string;
    readonly rate: string;
    readonly mostConnections: string;
    readonly mostHomes: string;
    readonly of: (used: string, limit: string) => string;
    readonly homes: string;
    readonly homesHelp: string;
    readonly homesNone: string;
    readonly day: string;
    readonly apps: string;
    readonly appsNone: string;
    readonly total: string;
    readonly exactly: (bytes: string) => string;
  };
  readonly link: {
    readonly title: string;
    readonly explanation: string;
    readonly show: string;
    readonly hide: string;
    readonly copy: string;
    readonly copied: string;
    readonly select: string;
    readonly tg: string;
    readonly tme: string;
    readonly qr: (name: string) => string;
    readonly disabled: string;
    readonly refused: (why: string) => string;
    readonly down: string;
    readonly failed: (reason: string) => string;
  };
  readonly shards: {
    readonly title: string;
    readonly caption: string;
    readonly name: string;
    readonly kind: string;
    readonly port: string;
    readonly state: string;
    readonly healthy: string;
    readonly noUpstream: string;
    readonly silent: string;
    readonly stopped: string;
    readonly sessions: string;
    readonly upstream: string;
    readonly traffic: string;
    readonly memory: string;
    readonly uptime: string;
    readonly none: string;
  };
  readonly edge: {
    readonly title: string;
    readonly connections: string;
    readonly agents: string;
    readonly agentsOf: (answering: string) => string;
    readonly oldWorkers: string;
    readonly uptime: string;
    readonly verdicts: string;
    /** By verdict, as HAProxy's configuration writes it down. */
    readonly kinds: Readonly<Record<string, string>>;
  };
  readonly resources: {
    readonly title: string;
    readonly cpu: string;
    readonly memory: string;
    readonly received: string;
    readonly sent: string;
    readonly load: string;
    readonly cores: (count: number) => string;
    readonly hostMemory: string;
    readonly disk: string;
    readonly used: (used: string, all: string) => string;
  };
  readonly events: {
    readonly title: string;
    readonly none: string;
    readonly up: (subject: string) => string;
    readonly stopped: (subject: string) => string;
    readonly silent: (subject: string) => string;
    readonly restarted: (subject: string) => string;
    readonly reloaded: (subject: string) => string;
    readonly agents: (answering: string) => string;
    readonly refused: (name: string, why: string) => string;
    readonly letIn: (name: string) => string;
  };
}
