import type { PortRange } from "./port.ts";
import type { Settings } from "./settings.ts";
import type { ShardBook } from "./shard.ts";

/** iptables' multiport takes so many; a range counts twice. */
const MOST = 15;

/** Every port that links may name: the set one, the range of which shards get theirs, and those of before that lie elsewhere. */
export function linkPorts(
  { port, portRange }: Pick<Settings, "port" | "portRange">,
  { shards, retiredPorts }: Pick<ShardBook, "shards" | "retiredPorts">,
): PortRange[] {
  const isElsewhere = (it: number) => it < portRange.first || it > portRange.last;
  const others = new Set([...shards.map((shard) => shard.port), ...retiredPorts].filter(isElsewhere));
  others.delete(port);
  const single = (it: number) => ({ first: it, last: it });
  return [...[port].filter(isElsewhere).map(single), portRange, ...[...others].sort((a, b) => a - b).map(single)];
}

/** As UFW and iptables write it: `443`, or `8444:9467`. */
export function portWords({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}:${last}`;
}

/** A list for iptables' multiport; where it would be too long, what lies closest together becomes one range. */
export function multiport(ranges: readonly PortRange[]): string {
  let list = [...ranges];
  while (weight(list) > MOST) list = withoutSmallestGap(list);
  return list.map(portWords).join(",");
}

function weight(ranges: readonly PortRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + (first === last ? 1 : 2), 0);
}

function withoutSmallestGap(ranges: readonly PortRange[]): PortRange[] {
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  const gaps = sorted.slice(1).map(({ first }, index) => first - (sorted[index]?.last ?? 0));
  const at = gaps.indexOf(Math.min(...gaps));
  const [left, right] = sorted.slice(at, at + 2);
  if (left === undefined || right === undefined) return sorted;
  return sorted.toSpliced(at, 2, { first: left.first, last: Math.max(left.last, right.last) });
}
