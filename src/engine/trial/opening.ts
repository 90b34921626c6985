import { clientHelloLength, helloLimits } from "../../protocol/hello-identity.ts";
import { HEADER_BYTES, looksLikeAnotherProtocol } from "../../protocol/obfuscated2.ts";
import type { FirstBytes } from "./first-bytes.ts";

/** How a connection begins: with a ClientHello of an allowed size, with an obfuscated2 header, or like neither. */
type Opening = "hello" | "header" | "other";

/**
 * Reads until the first bytes tell what this is. Both handshakes share the port: a hello begins with 16 03 01, and an obfuscated2
 * header never does. Whoever sends less until the deadline is no client.
 */
export async function readOpening(first: FirstBytes, until: number): Promise<Opening> {
  if ((await first.reach(4, until)) !== "here") return "other";
  if (clientHelloLength(first.seen) !== "not-tls") return readHello(first, until);
  if (looksLikeAnotherProtocol(first.seen)) return "other";
  return (await first.reach(HEADER_BYTES, until)) === "here" ? "header" : "other";
}

async function readHello(first: FirstBytes, until: number): Promise<Opening> {
  if ((await first.reach(5, until)) !== "here") return "other";
  const length = Number(clientHelloLength(first.seen));
  const { minBytes, maxBytes } = helloLimits.since2025;
  if (length < minBytes || length > maxBytes) return "other";
  return (await first.reach(length, until)) === "here" ? "hello" : "other";
}
