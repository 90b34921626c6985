import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { encodeFrame, FrameDecoder } from "../../protocol/framing.ts";
import { NONCE_BYTES, readResPq, reqPqMulti } from "../../protocol/handshake-messages.ts";
import { startObfuscated } from "../../protocol/obfuscated2.ts";
import { FirstBytes } from "./first-bytes.ts";

const TRANSPORT = "padded";

/**
 * Whether Telegram answers on this connection: a firewall or a captive portal takes connections too. Asks the first question of a
 * key exchange, which needs no key; the connection is of no use afterwards.
 */
export async function answersAsTelegram(socket: Socket, datacenter: number, until: number): Promise<boolean> {
  const { header, session } = startObfuscated({ transport: TRANSPORT, datacenter });
  const nonce = randomBytes(NONCE_BYTES);
  const question = encodeFrame(TRANSPORT, reqPqMulti(nonce, Date.now()));
  socket.write(Buffer.concat([header, session.encrypt(question)]));
  const frames = new FrameDecoder(TRANSPORT);
  const answer = await firstFrame(new FirstBytes(socket), until, (chunk) => frames.push(session.decrypt(chunk)));
  return answer !== undefined && Buffer.compare(readResPq(answer)?.nonce ?? new Uint8Array(0), nonce) === 0;
}

/** Undefined when none comes in time, or when what comes are no frames. */
async function firstFrame(
  first: FirstBytes,
  until: number,
  read: (chunk: Uint8Array) => Uint8Array[],
): Promise<Uint8Array | undefined> {
  try {
    while ((await first.reach(1, until)) === "here") {
      const [frame] = read(first.take());
      if (frame !== undefined) return frame;
    }
  } catch {
    // Not what Telegram sends.
  }
  return undefined;
}
