import { setTimeout as sleep } from "node:timers/promises";
import type { Secret } from "../domain/secret.ts";
import { NotConnected, type ProbeSocket, type ProbeTarget, withProbeSocket } from "./probe-socket.ts";
import { closesAtNonsense, type HandshakeEnd, shakeObfuscated } from "./telegram-client.ts";

/** Silence after which the key is asked for on a second connection. */
const PATIENCE_MS = 1000;

/** Time that a live key gets for closing the second connection. */
const CLOSING_MS = 2000;

/**
 * The handshake of a plain or padded secret on an open connection. When no answer comes a second connection finds out whether the
 * key is live: a dead one is known after three seconds, a live one keeps the whole time for its upstream to answer.
 */
export async function shakeBare(
  socket: ProbeSocket,
  secret: Secret,
  target: ProbeTarget,
  until: number,
): Promise<HandshakeEnd> {
  const over = new AbortController();
  const key = askForKey(secret, target, over.signal);
  const answer = shakeObfuscated(socket, secret, { datacenter: target.datacenter, until });
  try {
    const end = await Promise.race([answer, refusalOf(key)]);
    const isSilent = end.end === "key-refused" && end.how === "silent";
    return isSilent && (await key) === "live" ? { end: "no-upstream", how: "silent" } : end;
  } finally {
    over.abort();
  }
}

/** Resolves for a dead key only. */
async function refusalOf(key: Promise<"live" | "dead" | "unknown">): Promise<HandshakeEnd> {
  const verdict = await key;
  return verdict === "dead" ? { end: "key-refused", how: "silent" } : new Promise<never>(() => {});
}

async function askForKey(
  secret: Secret,
  { address, datacenter, timeoutMs }: ProbeTarget,
  signal: AbortSignal,
): Promise<"live" | "dead" | "unknown"> {
  const started = performance.now();
  const slept = await sleep(Math.min(PATIENCE_MS, timeoutMs / 4), true, { signal }).catch(() => false);
  if (!slept) return "unknown";
  const until = started + 0.9 * timeoutMs;
  const ask = (socket: ProbeSocket): Promise<boolean> =>
    closesAtNonsense(socket, secret, { datacenter, until: Math.min(until, performance.now() + CLOSING_MS) });
  const closed = await withProbeSocket(address, until, ask, signal);
  if (closed instanceof NotConnected) return "unknown";
  return closed ? "live" : "dead";
}
