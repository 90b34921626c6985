import type { Context } from "../../context.ts";
import { wordsOf } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";

/** One clock beside ours. */
export interface ClockComparison {
  readonly host: string;
  /** By how much ours is ahead. */
  readonly aheadMs: number;
  /** By how much that may be wrong. */
  readonly uncertaintyMs: number;
}

/** What came of asking: the middle one of the answers, or why there was none. */
export type ComparedClocks = { readonly clock: ClockComparison } | { readonly silence: string };

/** What sets the clock, and keeps it right. */
export const SET_CLOCK = "timedatectl set-ntp true (or: apt-get install chrony)";

/** Proxies that ask for the time are told it in whole seconds. */
const HALF_SECOND_MS = 500;
/** The C proxy takes fake-TLS hellos from 600 s before its own time to 3 s after it (net-tcp-rpc-ext-server.c). */
const BEHIND_MS = 3000;
const AHEAD_MS = 590_000;
const NOTABLE_MS = 1500;

/** Those from whom Telegram's files are fetched: nobody new learns of this server. */
export function clockUrls({ proxyConfigUrls, proxySecretUrls }: Partial<Settings>): string[] {
  return [...(proxyConfigUrls ?? []), ...(proxySecretUrls ?? [])];
}

/** Asks each server once, all at the same time and each for `timeoutMs` at most. */
export async function compareClocks(ctx: Context, urls: readonly string[], timeoutMs: number): Promise<ComparedClocks> {
  const byHost = new Map(urls.map((url) => [new URL(url).host, url]));
  const asked = await Promise.allSettled([...byHost].map(([host, url]) => ask(ctx, host, url, timeoutMs)));
  const answers = asked.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const middle = answers.sort((a, b) => a.aheadMs - b.aheadMs)[Math.floor(answers.length / 2)];
  if (middle !== undefined) return { clock: middle };
  return { silence: wordsOf(asked.find((answer) => answer.status === "rejected")?.reason ?? "there is nobody to ask") };
}

async function ask({ clock, host: machine }: Context, host: string, url: string, timeoutMs: number) {
  const before = clock.now().getTime();
  const theirs = (await machine.remoteTime(url, timeoutMs)).getTime() + HALF_SECOND_MS;
  const after = clock.now().getTime();
  return { host, aheadMs: (before + after) / 2 - theirs, uncertaintyMs: HALF_SECOND_MS + (after - before) / 2 };
}

/** What a clock does to fake-TLS links: `dead` with this one, or they die when it goes a little further. */
export function clockEffect({ aheadMs, uncertaintyMs }: ClockComparison): "none" | "near" | "dead" {
  const certain = Math.max(0, Math.abs(aheadMs) - uncertaintyMs);
  if (certain > (aheadMs < 0 ? BEHIND_MS : AHEAD_MS)) return "dead";
  return certain > NOTABLE_MS ? "near" : "none";
}

export function clockWords({ host, aheadMs }: ClockComparison): string {
  return `the clock is ${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs < 0 ? "behind" : "ahead of"} that of ${host}`;
}
