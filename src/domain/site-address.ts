/** Where the C proxy takes strangers on the host of a cover domain. */
export const SITE_PORT = 443;

/** Docker gives the first address of a network to the host itself: there the shards find the cover site. */
export function siteAddress(subnet: string): string {
  const [address = "", bits = "32"] = subnet.split("/");
  const number = address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const size = 2 ** (32 - Number(bits));
  const host = Math.floor(number / size) * size + 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(host / 2 ** shift) % 256).join(".");
}
