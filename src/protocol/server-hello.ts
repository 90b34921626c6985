import { createHmac, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import type { Key } from "../domain/key.ts";
import { RANDOM_AT, x25519PublicKey } from "./client-hello.ts";
import type { ClientHello } from "./hello-identity.ts";
import { CHANGE_CIPHER_SPEC, MAX_RECORD_BYTES } from "./tls-records.ts";

const RANDOM_BYTES = 32;
const MAX_SERVER_HELLO = 4096;

/**
 * The answer to an identified hello: ServerHello with the client's session id and cipher, ChangeCipherSpec and one record of
 * random bytes that passes for the encrypted rest of a handshake. Its random field is the HMAC of all of it.
 * @param applicationBytes size of that record; the C proxy takes 2500 to 3619 when it does not know the cover site's
 */
export function buildServerAnswer(
  hello: ClientHello,
  key: Key,
  applicationBytes: number = randomInt(2500, 3620),
): Uint8Array {
  const answer = Buffer.concat([
    Buffer.from("160303007a020000760303", "hex"),
    new Uint8Array(RANDOM_BYTES),
    Uint8Array.of(32),
    hello.sessionId,
    Uint8Array.of(0x13, (hello.cipher ?? 0x1301) & 0xff, 0x00, 0x00, 0x2e),
    Buffer.from("00330024001d0020", "hex"),
    x25519PublicKey(),
    Buffer.from("002b00020304", "hex"),
    CHANGE_CIPHER_SPEC,
    Uint8Array.of(0x17, 0x03, 0x03, applicationBytes >> 8, applicationBytes & 0xff),
    randomBytes(applicationBytes),
  ]);
  answer.set(answerDigest(answer, hello.random, key), RANDOM_AT);
  return answer;
}

/** Whether an answer was made by someone who has the key and saw our hello: its random field is the HMAC of both. */
export function isGenuineAnswer(answer: Uint8Array, clientRandom: Uint8Array, key: Key): boolean {
  if (answer.length < RANDOM_AT + RANDOM_BYTES) return false;
  return timingSafeEqual(answerDigest(answer, clientRandom, key), answer.subarray(RANDOM_AT, RANDOM_AT + RANDOM_BYTES));
}

function answerDigest(answer: Uint8Array, clientRandom: Uint8Array, key: Key): Buffer {
  return createHmac("sha256", key.bytes())
    .update(clientRandom)
    .update(answer.subarray(0, RANDOM_AT))
    .update(new Uint8Array(RANDOM_BYTES))
    .update(answer.subarray(RANDOM_AT + RANDOM_BYTES))
    .digest();
}

/** How far the bytes that a server sent are an answer of three records: ServerHello, ChangeCipherSpec, application data. */
type AnswerShape =
  | { readonly state: "incomplete" }
  /** `length` of the answer; what follows it is the first data. */
  | { readonly state: "complete"; readonly length: number }
  /** An alert or anything else that a cover site or another program sends. */
  | { readonly state: "other" };

/** Looks at everything that came so far; an answer ends within 21 kB, so the caller never holds more. */
export function answerShape(received: Uint8Array): AnswerShape {
  const serverHello = recordEnd(received, 0, [0x16, 0x03, 0x03], MAX_SERVER_HELLO);
  if (typeof serverHello !== "number") return { state: serverHello };
  const changeCipherSpec = recordEnd(received, serverHello, [...CHANGE_CIPHER_SPEC.subarray(0, 3)], 1);
  if (typeof changeCipherSpec !== "number") return { state: changeCipherSpec };
  const application = recordEnd(received, changeCipherSpec, [0x17, 0x03, 0x03], MAX_RECORD_BYTES);
  if (typeof application !== "number") return { state: application };
  return { state: "complete", length: application };
}

/** Where the record that starts at `at` ends. */
function recordEnd(
  bytes: Uint8Array,
  at: number,
  type: readonly number[],
  maxBytes: number,
): number | "incomplete" | "other" {
  const start = bytes.subarray(at, at + 5);
  if (type.some((byte, index) => index < start.length && start[index] !== byte)) return "other";
  const [high, low] = [start[3], start[4]];
  if (high === undefined || low === undefined) return "incomplete";
  const length = 256 * high + low;
  if (length === 0 || length > maxBytes) return "other";
  return bytes.length < at + 5 + length ? "incomplete" : at + 5 + length;
}
