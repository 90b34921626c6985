import { parseIpv4 } from "./address.ts";
import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";
import type { Side } from "./shard.ts";

/** An IPv4 network as numbers, both ends included. */
interface Network {
  readonly first: number;
  readonly last: number;
}

/** Network, gateway and what Docker may want for itself come before the shards. */
const FIRST_HOST = 16;
/** Room for 500 shards with two instances each. */
const MOST_BITS = 22;
const LEAST_BITS = 8;

/**
 * @param text `ADDRESS/BITS`
 * @throws AppError invalid unless it is a network, and one with room for every shard
 */
export function parseEdgeSubnet(text: string): string {
  const [, address = "", bits = ""] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  const width = Number(bits);
  if (address === "" || width < LEAST_BITS || width > MOST_BITS) throw noSubnet(text);
  const { first } = networkOf(`${parseIpv4(address)}/${width}`);
  if (numberOf(address) !== first) throw noSubnet(text);
  return text;
}

function noSubnet(text: string): AppError {
  return new AppError("invalid", `"${shown(text, 40)}" is not a network that the shards can have`, {
    hint: `write the first address and ${LEAST_BITS} to ${MOST_BITS} bits, for instance 10.200.0.0/22`,
  });
}

/** The fixed address of an instance in the edge's network: two a shard, so that one can replace the other. */
export function instanceAddress(subnet: string, shardId: number, side: Side): string {
  const { first, last } = networkOf(subnet);
  const number = first + FIRST_HOST + 2 * shardId + (side === "a" ? 0 : 1);
  if (number < last) return textOf(number);
  throw new AppError("conflict", `the network ${subnet} has no room for shard ${shardId}`, {
    hint: "mtproxy config set edge_subnet ADDRESS/BITS takes a larger one",
  });
}

/** The first network of ours that overlaps none of these; undefined when all do. */
export function freeSubnet(taken: readonly string[]): string | undefined {
  const others = taken.map(networkOf);
  const isFree = (subnet: string) => {
    const { first, last } = networkOf(subnet);
    return others.every((other) => other.last < first || other.first > last);
  };
  return candidates().find(isFree);
}

/** In a corner of 10/8 where neither Docker's own pools nor usual VPNs are. */
function candidates(): string[] {
  const seconds = Array.from({ length: 40 }, (_, index) => 213 - index);
  return seconds.flatMap((second) =>
    Array.from({ length: 8 }, (_, index) => `10.${second}.${32 * index}.0/${MOST_BITS}`),
  );
}

/**
 * The networks of a routing table as the kernel shows it in /proc/net/route: hex numbers in the host's byte order. The default
 * route is not one of them.
 */
export function routedNetworks(table: string): string[] {
  return table.split("\n").flatMap((line) => {
    const [, destination = "", , , , , , mask = ""] = line.trim().split(/\s+/);
    if (!/^[0-9A-F]{8}$/i.test(destination) || !/^[0-9A-F]{8}$/i.test(mask)) return [];
    const bits = bitsOf(swapped(mask));
    return bits === 0 ? [] : [`${textOf(swapped(destination))}/${bits}`];
  });
}

function swapped(hex: string): number {
  return Buffer.from(hex, "hex").readUInt32LE(0);
}

function bitsOf(mask: number): number {
  return mask.toString(2).padStart(32, "0").replace(/0+$/, "").length;
}

function networkOf(subnet: string): Network {
  const [address = "", bits = "32"] = subnet.split("/");
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(numberOf(address) / size) * size;
  return { first, last: first + size - 1 };
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function textOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
