import { AppError } from "../errors.ts";
import { formatPortRange } from "../port.ts";
import type { Settings } from "../settings.ts";
import { familyOf, type ModeFamily } from "../shard.ts";
import type { Claim } from "./claim.ts";
import type { DraftShard, ShardKind } from "./draft.ts";
import type { PlanInput } from "./types.ts";

/** The shard that a home starts with, so that the first user finds a spare slot. */
export function openDefaultShard(input: PlanInput, open: (kind: ShardKind) => DraftShard): DraftShard {
  const family = defaultFamily(input);
  return open({ family, coverDomains: family === "obfuscated" ? [] : [input.coverDomain] });
}

/**
 * Whether the first shard, which gets the set port, is for those who are added without a mode. It is not where everybody needs
 * another kind: people who came from another proxy have links that name that port.
 */
export function startsWithDefault(input: PlanInput, claims: Iterable<Claim>): boolean {
  const families = new Set([...claims].map(({ family }) => family));
  return families.size === 0 || families.has(defaultFamily(input));
}

function defaultFamily({ settings, capabilities }: PlanInput): ModeFamily {
  return capabilities.mixesFamilies ? "any" : familyOf(settings.defaultMode);
}

export function newShard(
  drafts: readonly DraftShard[],
  { family, coverDomains, group }: ShardKind,
  nextPort: (id: number) => number,
): DraftShard {
  const taken = new Set(drafts.map((shard) => shard.id));
  let id = 1;
  while (taken.has(id)) id += 1;
  return {
    id,
    family,
    group,
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
export function portSupply(
  { settings, book, busyPorts }: PlanInput,
  drafts: readonly DraftShard[],
): (id: number) => number {
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
