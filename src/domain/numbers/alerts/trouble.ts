import type { EdgeFigures, ShardFigures, Snapshot, UserFigures } from "../snapshot.ts";
import { isDrop } from "./crowd.ts";
import type { AlertKind } from "./kinds.ts";
import type { Thresholds } from "./settings.ts";

/** Something that holds at one look and that an admin may want to know. */
export interface Trouble {
  readonly kind: AlertKind;
  /** A proxy's name, a person's, a domain; empty for the whole. */
  readonly subject: string;
  /** What its words are made of. */
  readonly values: Readonly<Record<string, string | number>>;
}

/** What a snapshot does not tell, and what is found out more seldom; absent as long as nobody knows. */
export interface AlertFacts {
  /** Somebody has a link, so that a proxy has to run. */
  readonly isExpected?: boolean | undefined;
  /** Connections that are usual. */
  readonly usual?: number | undefined;
  /** On most of the last days it was as empty at this time: people sleep. */
  readonly isNight?: boolean | undefined;
  /** Null where there is none of ours. */
  readonly certificate?: { readonly domain: string; readonly validTo: string } | null | undefined;
  readonly clock?: { readonly seconds: number; readonly effect: "none" | "near" | "dead" } | undefined;
}

interface Rules {
  readonly facts: AlertFacts;
  readonly thresholds: Thresholds;
  /** It was told and is not over: then it takes a bit more to be over than it took to begin. */
  isTold(kind: AlertKind, subject: string): boolean;
}

const DAY_MS = 86_400_000;
/** More than this is enough, whatever share of a disk it is. */
const ENOUGH_BYTES = 5e9;
/** Per cent: what a disk or a quota needs beyond the threshold to be over. */
const MARGIN = 2;

export function troublesAt(snapshot: Snapshot, rules: Rules): Trouble[] {
  const at = Date.parse(snapshot.at);
  return [
    ...proxiesDown(snapshot, rules.facts),
    ...snapshot.shards.filter(hasNoUpstream).map(({ name }) => trouble("upstream-not-ready", name)),
    ...dropOfEverybody(snapshot, rules),
    ...lowDisk(snapshot, rules),
    ...certificateTrouble(at, rules),
    ...clockTrouble(rules),
    ...snapshot.users.flatMap((user) => [...quotaTrouble(user, rules), ...expiryTrouble(user, at, rules)]),
  ];
}

function trouble(kind: AlertKind, subject = "", values: Trouble["values"] = {}): Trouble {
  return { kind, subject, values };
}

/** Where nobody has a link there is nothing to run; where an engine cannot be asked there are no shards to be seen either. */
function proxiesDown({ shards, edge, proxy }: Snapshot, { isExpected = false }: AlertFacts): Trouble[] {
  if (shards.length === 0) return isExpected ? [trouble("proxy-down")] : [];
  if (!shards.some(isServing)) return [trouble("proxy-down")];
  const haproxy = edge !== null && isHaproxyAway(edge);
  if (haproxy || !proxy.running) return [trouble("proxy-down", haproxy ? "HAProxy" : "")];
  return shards.filter((shard) => !isServing(shard)).map(({ name }) => trouble("proxy-down", name));
}

/** It does not run, or tells nothing. */
export function isHaproxyAway({ connections, uptimeSeconds }: EdgeFigures): boolean {
  return connections === null && uptimeSeconds === null;
}

/** A process that runs and does not say how it is serves nobody. */
export function isServing({ running, uptimeSeconds }: ShardFigures): boolean {
  return running && uptimeSeconds !== null;
}

function hasNoUpstream(shard: ShardFigures): boolean {
  return isServing(shard) && shard.readyTargets === 0;
}

function dropOfEverybody(snapshot: Snapshot, { facts, thresholds, isTold }: Rules): Trouble[] {
  const [active, { usual, isNight = false }] = [crowdOf(snapshot), facts];
  if (active === undefined || usual === undefined) return [];
  const wasTold = isTold("blocked", "");
  if (!isDrop(usual, active, thresholds, wasTold) || (isNight && !wasTold)) return [];
  return [trouble("blocked", "", { usual: Math.round(usual), now: active })];
}

/** Clients with a session, where that says something of the way to here: undefined while a proxy itself is ill. */
export function crowdOf({ proxy, shards }: Pick<Snapshot, "proxy" | "shards">): number | undefined {
  const isWell = proxy.running && shards.length > 0 && shards.every((it) => isServing(it) && !hasNoUpstream(it));
  return isWell ? (proxy.activeConnections ?? undefined) : undefined;
}

function lowDisk({ host }: Snapshot, { thresholds, isTold }: Rules): Trouble[] {
  const { diskBytes, diskFreeBytes } = host;
  if (diskBytes === null || diskFreeBytes === null || diskFreeBytes > ENOUGH_BYTES) return [];
  const percent = (diskFreeBytes / diskBytes) * 100;
  const limit = thresholds.diskPercent + (isTold("disk-low", "") ? MARGIN : 0);
  return percent < limit ? [trouble("disk-low", "", { percent: Math.floor(percent), bytes: diskFreeBytes })] : [];
}

function certificateTrouble(at: number, { facts: { certificate }, thresholds }: Rules): Trouble[] {
  if (certificate === undefined || certificate === null) return [];
  const { domain, validTo } = certificate;
  const isSoon = Date.parse(validTo) - at < thresholds.certificateDays * DAY_MS;
  return isSoon ? [trouble("certificate", domain, { until: validTo })] : [];
}

function clockTrouble({ facts: { clock } }: Rules): Trouble[] {
  if (clock === undefined || clock.effect === "none") return [];
  return [trouble("clock", "", { seconds: clock.seconds, effect: clock.effect })];
}

/** Both directions, within the quota's period. */
function quotaTrouble({ name, enabled, limits, usedBytes }: UserFigures, { thresholds, isTold }: Rules): Trouble[] {
  const quota = limits?.quota?.bytes;
  if (!enabled || quota === undefined || usedBytes === null) return [];
  const [percent, values] = [(usedBytes / quota) * 100, { bytes: quota }];
  if (percent >= 100) return [trouble("quota-used", name, values)];
  const limit = thresholds.quotaPercent - (isTold("quota-near", name) ? MARGIN : 0);
  return percent >= limit ? [trouble("quota-near", name, { ...values, percent: Math.floor(percent) })] : [];
}

function expiryTrouble({ name, enabled, expiresAt }: UserFigures, at: number, { thresholds }: Rules): Trouble[] {
  if (!enabled || expiresAt === null) return [];
  const left = Date.parse(expiresAt) - at;
  return left > 0 && left < thresholds.expiryDays * DAY_MS ? [trouble("expiring", name, { until: expiresAt })] : [];
}
