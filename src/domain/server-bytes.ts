/**
 * What is known of a server entry in one worker of HAProxy, from clients and to them: bytes of its records; what the worker's counters
 * showed last, ended and open connections together; and what is to be added to that, because an entry of that name was removed and
 * made again, or (below 0) because it was somebody else's.
 */
export type ServerBytes = readonly [
  recordIn: number,
  recordOut: number,
  seenIn: number,
  seenOut: number,
  beforeIn: number,
  beforeOut: number,
];

export type BothWays = readonly [bytesIn: number, bytesOut: number];

export const NO_BYTES: ServerBytes = [0, 0, 0, 0, 0, 0];

/**
 * What is accounted for: the records' sum or what was seen, whichever is more. In the end that is the records' sum, since a counter
 * never shows bytes that no record will tell of; and what was seen where a worker was killed, which leaves no records.
 */
export function knownBytes([recordIn, recordOut, seenIn, seenOut, beforeIn, beforeOut]: ServerBytes): BothWays {
  return [Math.max(recordIn, beforeIn + seenIn), Math.max(recordOut, beforeOut + seenOut)];
}

export function withRecord([recordIn, recordOut, ...seen]: ServerBytes, [bytesIn, bytesOut]: BothWays): ServerBytes {
  return [recordIn + bytesIn, recordOut + bytesOut, ...seen];
}

export function withSight(bytes: ServerBytes, [bytesIn, bytesOut]: BothWays): ServerBytes {
  const [recordIn, recordOut, seenIn, seenOut, beforeIn, beforeOut] = bytes;
  if (!isAnew(bytes, [bytesIn, bytesOut])) return [recordIn, recordOut, bytesIn, bytesOut, beforeIn, beforeOut];
  return [recordIn, recordOut, bytesIn, bytesOut, beforeIn + seenIn, beforeOut + seenOut];
}

/** Whether counters show less than before: the entry was removed and made again. */
export function isAnew([, , seenIn, seenOut]: ServerBytes, [bytesIn, bytesOut]: BothWays): boolean {
  return bytesIn < seenIn || bytesOut < seenOut;
}

/** The same where so much of what the counters show is somebody else's. */
export function without([recordIn, recordOut]: ServerBytes, [bytesIn, bytesOut]: BothWays): ServerBytes {
  return [recordIn, recordOut, bytesIn, bytesOut, 0 - bytesIn, 0 - bytesOut];
}

/** No counters were looked at yet. */
export function isUnseen([, , ...seen]: ServerBytes): boolean {
  return seen.every((value) => value === 0);
}
