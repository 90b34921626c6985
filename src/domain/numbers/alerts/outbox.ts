import type { Notice } from "./watch.ts";

/** What is told in one message, whatever channel it takes. */
export interface AlertMessage {
  /** The same for all channels and all attempts: whoever gets it twice can tell. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly notices: readonly Notice[];
}

/** A message that a channel has not taken yet. */
export interface Waiting {
  readonly channel: string;
  readonly message: AlertMessage;
  readonly attempts: number;
  /** ISO 8601: not tried before. */
  readonly notBefore: string;
  /** Why the last attempt failed. */
  readonly fault?: string;
}

/** What became of a message in one channel. */
export interface Delivery {
  readonly channel: string;
  readonly message: AlertMessage;
  readonly outcome: "sent" | "given-up";
  /** ISO 8601. */
  readonly at: string;
  readonly attempts: number;
  readonly fault?: string;
}

export interface Outbox {
  /** Oldest first. */
  readonly waiting: readonly Waiting[];
  /** Oldest first. */
  readonly delivered: readonly Delivery[];
}

export const emptyOutbox: Outbox = { waiting: [], delivered: [] };

const MOST_WAITING = 50;
const MOST_DELIVERED = 200;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;
const GIVEN_UP_MS = 3 * 86_400_000;

/** Puts a message in the box of each channel; where too many wait, the oldest is given up. */
export function posted(outbox: Outbox, message: AlertMessage, channels: readonly string[]): Outbox {
  return channels.reduce((box, channel) => bounded(withWaiting(box, channel, message), channel, message.at), outbox);
}

function withWaiting({ waiting, delivered }: Outbox, channel: string, message: AlertMessage): Outbox {
  return { waiting: [...waiting, { channel, message, attempts: 0, notBefore: message.at }], delivered };
}

function bounded(outbox: Outbox, channel: string, at: string): Outbox {
  const own = outbox.waiting.filter((it) => it.channel === channel);
  const [oldest] = own;
  if (own.length <= MOST_WAITING || oldest === undefined) return outbox;
  return closed(outbox, oldest, { outcome: "given-up", at, fault: oldest.fault ?? "too many wait" });
}

/** The oldest of each channel, where its time has come: a channel gets its messages in their order. */
export function dueNow({ waiting }: Outbox, now: Date): Waiting[] {
  const first = new Map<string, Waiting>();
  for (const it of waiting) if (!first.has(it.channel)) first.set(it.channel, it);
  return [...first.values()].filter(({ notBefore }) => isDue(Date.parse(notBefore) - now.getTime()));
}

/** Nothing is put off for longer than the longest pause: what seems so was put off by a clock that was ahead. */
function isDue(pause: number): boolean {
  return pause <= 0 || pause > LONGEST_PAUSE_MS;
}

export function sent(outbox: Outbox, done: Waiting, at: string): Outbox {
  return closed(outbox, { ...done, attempts: done.attempts + 1 }, { outcome: "sent", at });
}

/** Tried again after longer and longer pauses, and given up after three days. */
export function failed(outbox: Outbox, tried: Waiting, fault: string, now: Date): Outbox {
  const next: Waiting = { ...tried, attempts: tried.attempts + 1, fault, notBefore: pauseAfter(tried.attempts, now) };
  const isOld = now.getTime() - Date.parse(tried.message.at) > GIVEN_UP_MS;
  if (isOld) return closed(outbox, next, { outcome: "given-up", at: now.toISOString(), fault });
  return { ...outbox, waiting: outbox.waiting.map((it) => (isSame(it, tried) ? next : it)) };
}

/** Of a channel that was removed. */
export function withoutChannels({ waiting, delivered }: Outbox, kept: readonly string[]): Outbox {
  return { waiting: waiting.filter(({ channel }) => kept.includes(channel)), delivered };
}

function closed(
  { waiting, delivered }: Outbox,
  it: Waiting,
  end: Pick<Delivery, "outcome" | "at"> & { readonly fault?: string },
): Outbox {
  const { channel, message, attempts } = it;
  const closing: Delivery = { channel, message, attempts, ...end };
  return {
    waiting: waiting.filter((other) => !isSame(other, it)),
    delivered: [...delivered, closing].slice(-MOST_DELIVERED),
  };
}

function isSame(a: Waiting, b: Waiting): boolean {
  return a.channel === b.channel && a.message.id === b.message.id;
}

function pauseAfter(attempts: number, now: Date): string {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS);
  return new Date(now.getTime() + pause).toISOString();
}
