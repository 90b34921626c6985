import type { Socket } from "node:net";
import type { Key } from "../../domain/key.ts";
import { ByteQueue } from "../../protocol/byte-queue.ts";
import { type HelloIdentity, identifyHello } from "../../protocol/hello-identity.ts";
import { acceptHeader, HEADER_BYTES, type ObfuscatedSession } from "../../protocol/obfuscated2.ts";
import { buildServerAnswer } from "../../protocol/server-hello.ts";
import { RecordDecoder } from "../../protocol/tls-records.ts";
import type { FirstBytes } from "./first-bytes.ts";
import type { KeyRing } from "./key-ring.ts";

/** A connection whose key is known. */
export interface Client {
  readonly key: Key;
  readonly session: ObfuscatedSession;
  /** What came after the header, still encrypted; TLS records are off already. */
  readonly first: Uint8Array;
  /** Takes the data out of the TLS records of a fake-TLS client. */
  readonly records?: RecordDecoder;
}

type GenuineHello = Extract<HelloIdentity, { ok: true }>;

/** Whose obfuscated2 header this is. Takes the first bytes only from a client: a stranger's go elsewhere whole. */
export async function identifyHeader(first: FirstBytes, address: string, ring: KeyRing): Promise<Client | undefined> {
  const header = first.seen.slice(0, HEADER_BYTES);
  const accept = (keys: readonly Key[]) => acceptHeader(header, keys);
  const match = await ring.find(address, accept, () => first.isWanted);
  return match === undefined ? undefined : { ...match, first: first.take().subarray(HEADER_BYTES) };
}

/** Whose ClientHello this is. The hello must be all that was sent: a client waits for the answer. */
export async function identifyClientHello(
  first: FirstBytes,
  address: string,
  ring: KeyRing,
  isKnownDomain: (domain: string) => boolean,
): Promise<HelloIdentity> {
  const received = first.seen.slice();
  const now = Math.floor(Date.now() / 1000);
  const identify = (keys: readonly Key[]): HelloIdentity => identifyHello(received, { keys, isKnownDomain, now });
  let verdict = identify([]);
  if (verdict.ok || verdict.reason !== "unmatched") return verdict;
  const accept = (keys: readonly Key[]): GenuineHello | undefined => {
    const identity = identify(keys);
    if (identity.ok) return identity;
    if (identity.reason !== "unmatched") verdict = identity;
    return undefined;
  };
  return (await ring.find(address, accept, () => first.isWanted)) ?? verdict;
}

/**
 * Answers the hello and reads the header inside the TLS stream. Undefined when what follows is not what the key's owner sends: the
 * inner transport must be the padded one, as the C proxy has it.
 */
export async function openFakeTls(
  socket: Socket,
  first: FirstBytes,
  { hello, key }: GenuineHello,
  until: number,
): Promise<Client | undefined> {
  first.take();
  socket.write(buildServerAnswer(hello, key));
  const records = new RecordDecoder({ afterHandshake: true });
  const inside = new ByteQueue();
  while (inside.length < HEADER_BYTES) {
    if ((await first.reach(1, until)) !== "here") return undefined;
    inside.push(records.push(first.take()));
  }
  const session = acceptHeader(inside.take(HEADER_BYTES), [key])?.session;
  return session?.transport === "padded" ? { key, session, first: inside.take(), records } : undefined;
}
