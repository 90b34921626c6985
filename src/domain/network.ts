import { isIpv4 } from "./address.ts";

/**
 * Whether an address is in a network of its own kind.
 * @param network `ADDRESS` or `ADDRESS/BITS`; bits behind the first so many count for nothing
 */
export function contains(network: string, address: string): boolean {
  const [first = "", bits] = network.split("/");
  const [its, other] = [numbered(first), numbered(address)];
  const free = BigInt(its.width - Number(bits ?? its.width));
  return its.width === other.width && its.value >> free === other.value >> free;
}

interface NumberedAddress {
  /** Bits. */
  readonly width: number;
  readonly value: bigint;
}

function numbered(address: string): NumberedAddress {
  const digits = isIpv4(address) ? hexOfIpv4(address) : hexOfIpv6(address);
  return { width: 4 * digits.length, value: BigInt(`0x${digits}`) };
}

function hexOfIpv4(address: string): string {
  return address
    .split(".")
    .map((byte) => Number(byte).toString(16).padStart(2, "0"))
    .join("");
}

/** A URL writes any form as groups of hex digits, with one gap at most. */
function hexOfIpv6(address: string): string {
  const [left = "", right = ""] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const [head = "", tail = ""] = [left, right].map((side) =>
    side
      .split(":")
      .filter(Boolean)
      .map((group) => group.padStart(4, "0"))
      .join(""),
  );
  return head.padEnd(32 - tail.length, "0") + tail;
}
