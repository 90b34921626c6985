import type { FakeTlsSecret } from "../domain/secret.ts";
import type { Finding } from "./link-faults.ts";
import { type Address, type ProbeTarget, withProbeSocket } from "./probe-socket.ts";
import { helloOf, isHelloAccepted } from "./telegram-client.ts";

/** Longest that the search may take. */
const SEARCH_MS = 3000;

/**
 * Seconds by which a hello claims to be older than it is. A proxy takes a claim from 600 s before its own time to 3 s after it,
 * so each covers ten minutes: clocks up to 20 minutes off in either direction, and those off by whole hours, which is what a
 * wrong time zone does.
 */
const SHIFTS = [590, 1180, 3900, 7500, 11_100, -590, -1180, -3300, -6900, -10_500];

/**
 * Tells a wrong clock from a dead key: both make a proxy hand a hello to its cover site. A hello that claims another time and is
 * answered with the key's signature shows that only the time was wrong. The hellos go out all at once.
 */
export async function findClockFault(
  secret: FakeTlsSecret,
  { address, timeoutMs }: ProbeTarget,
): Promise<Finding | undefined> {
  const until = performance.now() + Math.min(SEARCH_MS, timeoutMs);
  const answers = await Promise.all(SHIFTS.map((shift) => isAccepted(address, secret, shift, until)));
  const shift = SHIFTS.find((_, index) => answers[index] === true);
  return shift === undefined ? undefined : { fault: "clock", reason: clockSentence(shift) };
}

async function isAccepted(address: Address, secret: FakeTlsSecret, shift: number, until: number): Promise<boolean> {
  const hello = helloOf(secret, "short", Math.floor(Date.now() / 1000) - shift);
  const accepted = await withProbeSocket(address, until, (socket) => isHelloAccepted(socket, hello, secret.key, until));
  return accepted === true;
}

function clockSentence(shift: number): string {
  const amount = `${Math.ceil(Math.abs(shift) / 60)} minutes`;
  const claim = shift > 0 ? `${amount} in the past` : `${amount} in the future`;
  const place = shift > 0 ? "behind" : "ahead of";
  return `the key is live, but the server's clock is ${place} this machine's: it refuses a hello of now and takes one dated ${claim}`;
}
