import type { LiveKey, ShardDeployment } from "../deployment.ts";
import type { Capabilities } from "../engine-facts.ts";
import { AppError } from "../errors.ts";
import type { Key } from "../key.ts";
import { formatPortRange } from "../port.ts";
import type { Settings } from "../settings.ts";
import { familyOf, type ModeFamily, type Shard, type ShardBook } from "../shard.ts";
import type { SharedSecret } from "../shared-secret.ts";
import { throwawayKey } from "../throwaway-key.ts";
import type { User } from "../user.ts";
import { type Claim, claimsOf } from "./claim.ts";
import { type DraftShard, isEmpty, serves, spareSlots } from "./draft.ts";
import { fillWithSpares, placeClaims } from "./place.ts";
import { type Revocation, retainShards } from "./retain.ts";

export interface PlanInput {
  readonly settings: Settings;
  readonly capabilities: Capabilities;
  readonly users: readonly User[];
  readonly sharedSecrets: readonly SharedSecret[];
  readonly book: ShardBook;
  /** @MTProxybot's tag, when a promoted channel is on. */
  readonly tag?: string | undefined;
  /** Cover domain of a shard that is opened before anyone asks for one. */
  readonly coverDomain: string;
  /** IPv4 addresses that cover domains shall be pinned to from now on; the others keep the address they have. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Ports that something else on the host holds. */
  readonly busyPorts?: ReadonlySet<number>;
  /** A running shard may be restarted to add a cover domain to it. */
  readonly allowRestart?: boolean;
  /** Random keys, as many as asked for. */
  readonly newKey: () => Key;
}

/** Where a holder's link leads. */
export interface Placement {
  readonly holder: string;
  readonly shardId: number;
  readonly port: number;
}

/** A holder whose link changes. */
export interface Move {
  readonly holder: string;
  readonly fromPort: number;
  readonly toPort: number;
}

export interface Plan {
  /** What shards.json shall say. */
  readonly book: ShardBook;
  /** The shards with the keys that their processes get. */
  readonly shards: readonly ShardDeployment[];
  /** By key digits: where each claimed key is served. */
  readonly placements: ReadonlyMap<string, Placement>;
  readonly revocations: readonly Revocation[];
  readonly moves: readonly Move[];
  /** By shard id: why a running process changes; empty for a shard that is new or stays. */
  readonly reasons: ReadonlyMap<number, readonly string[]>;
  /** Ids of shards that are given up. */
  readonly retired: readonly number[];
}

/**
 * From what is wanted to the shards that serve it: a pure function, but for the keys that it is handed. Placement is stable: whoever
 * has a place keeps it until the key goes, the mode changes or the engine cannot run the shard.
 * @throws AppError conflict when the port range has no port left
 */
export function makePlan(input: PlanInput): Plan {
  const { book, capabilities, newKey } = input;
  const claims = claimsOf(input.users, input.sharedSecrets, capabilities);
  const open = new Map(claims);
  const { drafts, revocations } = retainShards(book.shards, open, capabilities, newKey);
  const ports = portSupply(input, drafts);
  const openShard = (family: ModeFamily, coverDomains: readonly string[]): DraftShard =>
    newShard(drafts, family, coverDomains, ports);

  if (drafts.length === 0) drafts.push(openDefaultShard(input, openShard));
  placeClaims(open.values(), drafts, { capabilities, allowRestart: input.allowRestart ?? false, open: openShard });
  const kept = drafts.filter((shard) => !isSuperfluous(shard, drafts));
  for (const shard of kept) complete(shard, input);
  return describePlan(input, claims, kept, revocations);
}

/** The shard that a home starts with, so that the first user finds a spare slot. */
function openDefaultShard(
  { settings, capabilities, coverDomain }: PlanInput,
  open: (family: ModeFamily, coverDomains: readonly string[]) => DraftShard,
): DraftShard {
  if (capabilities.mixesFamilies) return open("any", [coverDomain]);
  const family = familyOf(settings.defaultMode);
  return open(family, family === "fake-tls" ? [coverDomain] : []);
}

function newShard(
  drafts: readonly DraftShard[],
  family: ModeFamily,
  coverDomains: readonly string[],
  nextPort: (id: number) => number,
): DraftShard {
  const taken = new Set(drafts.map((shard) => shard.id));
  let id = 1;
  while (taken.has(id)) id += 1;
  return {
    id,
    family,
    port: nextPort(id),
    slots: [],
    coverDomains: [...coverDomains],
    pinned: {},
    tag: undefined,
    isNew: true,
    reasons: [],
  };
}

/** The set port for shard 1, the next free ones of the range for the others; a port that links may still name is not given again. */
function portSupply({ settings, book, busyPorts }: PlanInput, drafts: readonly DraftShard[]): (id: number) => number {
  const used = new Set([
    settings.port,
    ...book.retiredPorts,
    ...drafts.map((shard) => shard.port),
    ...(busyPorts ?? []),
  ]);
  let next = settings.portRange.first;
  return (id) => {
    if (id === 1) return settings.port;
    while (used.has(next)) next += 1;
    if (next > settings.portRange.last) throw noPortLeft(settings);
    used.add(next);
    return next;
  };
}

function noPortLeft({ portRange }: Settings): AppError {
  return new AppError("conflict", `no free port is left between ${formatPortRange(portRange).replace("-", " and ")}`, {
    hint: "widen the range: mtproxy setup --port-range 8444-9999",
  });
}

/** An empty shard goes when another one can take the next user of its kind; the first shard, on the set port, stays. */
function isSuperfluous(shard: DraftShard, drafts: readonly DraftShard[]): boolean {
  if (shard.id === 1 || !isEmpty(shard)) return false;
  return drafts.some((other) => other !== shard && !isEmptyAndLater(other, shard) && canReplace(other, shard));
}

function isEmptyAndLater(other: DraftShard, shard: DraftShard): boolean {
  return isEmpty(other) && other.id > shard.id;
}

function canReplace(other: DraftShard, shard: DraftShard): boolean {
  return (
    spareSlots(other) > 0 &&
    shard.coverDomains.every((domain) => serves(other, shard.family, domain)) &&
    other.family === shard.family
  );
}

function complete(shard: DraftShard, input: PlanInput): void {
  const { capabilities, settings, newKey, addresses = {} } = input;
  fillWithSpares(shard, capabilities, newKey);
  if (shard.family === "any") listClaimedDomains(shard);
  shard.pinned = Object.fromEntries(
    shard.coverDomains.flatMap((domain) => {
      const address = addresses[domain] ?? shard.pinned[domain];
      return address === undefined ? [] : [[domain, address]];
    }),
  );
  const tag = capabilities.carriesTag ? input.tag : undefined;
  if (shard.tag !== tag && !shard.isNew) shard.reasons.push("the promoted channel changes");
  shard.tag = tag;
  if (shard.id === 1 && shard.port !== settings.port) {
    shard.reasons.push(`the port changes from ${shard.port} to ${settings.port}`);
    shard.port = settings.port;
  }
}

function listClaimedDomains(shard: DraftShard): void {
  for (const { claim } of shard.slots) {
    if (claim?.domain !== undefined && !shard.coverDomains.includes(claim.domain))
      shard.coverDomains.push(claim.domain);
  }
}

function describePlan(
  input: PlanInput,
  claims: ReadonlyMap<string, Claim>,
  drafts: readonly DraftShard[],
  revocations: readonly Revocation[],
): Plan {
  const shards = [...drafts].sort((a, b) => a.id - b.id);
  const placements = new Map<string, Placement>();
  for (const { id, port, slots } of shards) {
    for (const { key, claim } of slots) {
      if (claim !== undefined) placements.set(key.reveal(), { holder: claim.holder, shardId: id, port });
    }
  }
  const kept = new Set(shards.map((shard) => shard.id));
  return {
    book: nextBook(input.book, shards),
    shards: shards.map((shard) => ({ shard: freeze(shard), liveKeys: liveKeysOf(shard, input.book.salt) })),
    placements,
    revocations: [...revocations, ...revokedWithTheirShard(input.book, shards, claims)],
    moves: movesSince(input.book, placements),
    reasons: new Map(shards.map((shard) => [shard.id, shard.isNew ? [] : shard.reasons])),
    retired: input.book.shards.map((shard) => shard.id).filter((id) => !kept.has(id)),
  };
}

function liveKeysOf(shard: DraftShard, salt: string): LiveKey[] {
  return shard.slots.flatMap(({ key, claim }): LiveKey[] => {
    if (claim === undefined) return [{ key }];
    if (claim.enabled) return [{ key, holder: claim.holder }];
    return shard.family === "any" ? [] : [{ key: throwawayKey(salt, key) }];
  });
}

function freeze({ id, family, port, slots, coverDomains, pinned, tag }: DraftShard): Shard {
  return {
    id,
    family,
    port,
    slots: slots.map(({ key, claim }) => (claim === undefined ? { key } : { key, holder: claim.holder })),
    coverDomains,
    pinned,
    ...(tag === undefined ? {} : { tag }),
  };
}

function nextBook(book: ShardBook, shards: readonly DraftShard[]): ShardBook {
  const used = new Set(shards.map((shard) => shard.port));
  const before = book.shards.map((shard) => shard.port);
  const retired = [...new Set([...book.retiredPorts, ...before])].filter((port) => !used.has(port));
  return { salt: book.salt, retiredPorts: retired, shards: shards.map(freeze) };
}

/** Keys that went with a shard which this engine cannot run, and that nobody has any more. */
function revokedWithTheirShard(
  book: ShardBook,
  kept: readonly DraftShard[],
  claims: ReadonlyMap<string, Claim>,
): Revocation[] {
  const ids = new Set(kept.filter((shard) => !shard.isNew).map((shard) => shard.id));
  return book.shards
    .filter((shard) => !ids.has(shard.id))
    .flatMap((shard) =>
      shard.slots.flatMap(({ key, holder }) =>
        holder === undefined || claims.has(key.reveal()) ? [] : [{ holder, shardId: shard.id }],
      ),
    );
}

function movesSince(book: ShardBook, placements: ReadonlyMap<string, Placement>): Move[] {
  return book.shards.flatMap((shard) =>
    shard.slots.flatMap(({ key, holder }) => {
      const now = holder === undefined ? undefined : placements.get(key.reveal());
      return now === undefined || now.port === shard.port
        ? []
        : [{ holder: now.holder, fromPort: shard.port, toPort: now.port }];
    }),
  );
}
