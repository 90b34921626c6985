import type { Placement } from "./plan/types.ts";
import { type GroupChannel, groupTagsOf, type PromotedChannel } from "./promoted-channel.ts";
import { domainOf, sameSecret } from "./secret.ts";
import type { Settings } from "./settings.ts";
import type { SharedSecret } from "./shared-secret.ts";
import { hasSecret, type ProxyUser, type User } from "./user.ts";

/** What a home says, as far as people notice. */
export interface HomeView {
  readonly settings: Settings;
  readonly users: readonly User[];
  readonly sharedSecrets: readonly SharedSecret[];
  readonly promotedChannel?: PromotedChannel | undefined;
  readonly groupChannels: readonly GroupChannel[];
  readonly coverDomains: readonly string[];
  /** By key digits; see Plan. */
  readonly placements: ReadonlyMap<string, Pick<Placement, "port">>;
}

export interface ChangedLink {
  readonly username: string;
  /** What is another than before, in words: `key`, `port 8443 → 8444`. */
  readonly changes: readonly string[];
}

export interface ChangedSetting {
  /** As in mtproxy_config.json. */
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What replacing one home by another means. Says nothing of any key. */
export interface HomeDifference {
  /** People who get a link that they do not have now. */
  readonly comes: readonly string[];
  /** People whose link dies. */
  readonly goes: readonly string[];
  readonly links: readonly ChangedLink[];
  readonly enabled: readonly string[];
  readonly disabled: readonly string[];
  readonly settings: readonly ChangedSetting[];
  readonly sharedSecrets: { readonly comes: number; readonly goes: number };
  readonly coverDomains: { readonly comes: readonly string[]; readonly goes: readonly string[] };
  readonly promotedChannel: "same" | "comes" | "goes" | "changes";
  /** Groups that are shown another channel of their own, or none of their own any more. */
  readonly groupChannels: readonly string[];
}

/** @param before undefined where there is no home yet */
export function compareHomes(before: HomeView | undefined, after: HomeView): HomeDifference {
  const [had, has] = [peopleOf(before), peopleOf(after)];
  const both = [...has].flatMap(([name, now]) => {
    const then = had.get(name);
    return then === undefined ? [] : [{ then, now }];
  });
  const links = both.map(({ then, now }) => ({ username: now.name, changes: linkChanges(before, then, after, now) }));
  const switched = both.filter(({ then, now }) => then.enabled !== now.enabled).map(({ now }) => now);
  return {
    comes: namesMissingIn(had, has),
    goes: namesMissingIn(has, had),
    links: links.filter(({ changes }) => changes.length > 0),
    enabled: switched.filter(({ enabled }) => enabled).map(({ name }) => name),
    disabled: switched.filter(({ enabled }) => !enabled).map(({ name }) => name),
    settings: settingChanges(before?.settings, after.settings),
    sharedSecrets: {
      comes: countMissing(after.sharedSecrets, before?.sharedSecrets ?? []),
      goes: countMissing(before?.sharedSecrets ?? [], after.sharedSecrets),
    },
    coverDomains: {
      comes: after.coverDomains.filter((domain) => before?.coverDomains.includes(domain) !== true),
      goes: (before?.coverDomains ?? []).filter((domain) => !after.coverDomains.includes(domain)),
    },
    promotedChannel: channelChange(tagOf(before), tagOf(after)),
    groupChannels: changedGroups(before, after),
  };
}

/** Whether anything at all differs. */
export function differs(difference: HomeDifference): boolean {
  const { sharedSecrets, coverDomains, promotedChannel, ...lists } = difference;
  const changed = [...Object.values(lists), coverDomains.comes, coverDomains.goes].some((list) => list.length > 0);
  return changed || sharedSecrets.comes + sharedSecrets.goes > 0 || promotedChannel !== "same";
}

type People = ReadonlyMap<string, ProxyUser>;

function peopleOf(home: HomeView | undefined): People {
  return new Map((home?.users ?? []).filter(hasSecret).map((user) => [user.name.toLowerCase(), user]));
}

function namesMissingIn(some: People, others: People): string[] {
  return [...others].filter(([key]) => !some.has(key)).map(([, { name }]) => name);
}

function linkChanges(before: HomeView | undefined, then: ProxyUser, after: HomeView, now: ProxyUser): string[] {
  const ports = [before, after].map((home, index) => {
    const { key } = (index === 0 ? then : now).secret;
    return home?.placements.get(key.reveal())?.port;
  });
  const changes: string[] = [];
  if (!then.secret.key.equals(now.secret.key)) changes.push("key");
  else if (!sameSecret(then.secret, now.secret)) changes.push(`mode ${modeWords(then)} → ${modeWords(now)}`);
  if (ports[0] !== ports[1]) changes.push(`port ${ports[0] ?? "none"} → ${ports[1] ?? "none"}`);
  const [from, to] = [before?.settings.publicHost, after.settings.publicHost];
  if (from !== to) changes.push(`server ${from} → ${to}`);
  return changes;
}

function modeWords({ secret }: ProxyUser): string {
  const domain = domainOf(secret);
  return domain === undefined ? secret.mode : `${secret.mode} as ${domain}`;
}

function settingChanges(before: Settings | undefined, after: Settings): ChangedSetting[] {
  if (before === undefined) return [];
  const [then, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = [...new Set([...then.keys(), ...now.keys()])];
  return names
    .map((name) => ({ name: fileName(name), before: valueText(then.get(name)), after: valueText(now.get(name)) }))
    .filter((change) => change.before !== change.after);
}

function fileName(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

function valueText(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function countMissing(some: readonly SharedSecret[], others: readonly SharedSecret[]): number {
  return some.filter(({ secret }) => !others.some((other) => sameSecret(other.secret, secret))).length;
}

function tagOf(home: HomeView | undefined): string | undefined {
  return home?.promotedChannel?.enabled === true ? home.promotedChannel.proxyTag : undefined;
}

function changedGroups(before: HomeView | undefined, after: HomeView): string[] {
  const [had, has] = [groupTagsOf(before?.groupChannels ?? []), groupTagsOf(after.groupChannels)];
  return [...new Set([...had.keys(), ...has.keys()])].filter((group) => had.get(group) !== has.get(group));
}

function channelChange(before: string | undefined, after: string | undefined): HomeDifference["promotedChannel"] {
  if (before === after) return "same";
  if (before === undefined) return "comes";
  return after === undefined ? "goes" : "changes";
}
