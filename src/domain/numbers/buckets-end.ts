/**
 * Where a time ends that is told in whole buckets: behind the bucket that it is now, where it goes so far. What is in that by now belongs to
 * it, as today belongs to the last thirty days.
 * @param seconds length of a bucket
 */
export function bucketsEnd(until: number, seconds: number, now: number): number {
  const running = Math.floor(now / 1000 / seconds) * seconds * 1000;
  return until > running ? Math.max(until, running + seconds * 1000) : until;
}
