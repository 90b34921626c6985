import { wordsOf } from "../../domain/errors.ts";
import { defaultSettings } from "../../domain/settings.ts";
import { type Check, failed, NotExamined, ok, warning } from "./check.ts";
import type { Examination } from "./examination.ts";

/** One clock beside ours. */
interface Comparison {
  readonly host: string;
  /** By how much ours is ahead. */
  readonly aheadMs: number;
  /** By how much that may be wrong. */
  readonly uncertaintyMs: number;
}

const TIMEOUT_MS = 5000;
/** Proxies that ask for the time are told it in whole seconds. */
const HALF_SECOND_MS = 500;
/** The C proxy takes fake-TLS hellos from 600 s before its own time to 3 s after it (net-tcp-rpc-ext-server.c). */
const BEHIND_MS = 3000;
const AHEAD_MS = 590_000;
const NOTABLE_MS = 1500;

const SET_IT = "timedatectl set-ntp true (or: apt-get install chrony)";

export const clockCheck: Check = {
  id: "clock",
  title: "this machine's clock",
  run: async (exam) => {
    const { host, aheadMs, uncertaintyMs } = await compare(exam);
    const certain = Math.max(0, Math.abs(aheadMs) - uncertaintyMs);
    const words = `the clock is ${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs < 0 ? "behind" : "ahead of"} that of ${host}`;
    if (aheadMs < 0 && certain > BEHIND_MS) return failed(`${words}: every fake-TLS link is dead`, SET_IT);
    if (aheadMs > 0 && certain > AHEAD_MS) return failed(`${words}: every fake-TLS link is dead`, SET_IT);
    if (certain > NOTABLE_MS) return warning(`${words}; fake-TLS links die when it is 3 s behind`, SET_IT);
    return ok(`the clock agrees with that of ${host} to ${Math.ceil((Math.abs(aheadMs) + uncertaintyMs) / 1000)} s`);
  },
};

/** Those are asked from whom Telegram's files are fetched: nobody new learns of this server. The middle one counts. */
async function compare(exam: Examination): Promise<Comparison> {
  const settings = await exam.settings().catch(() => defaultSettings);
  const byHost = new Map(
    [...settings.proxyConfigUrls, ...settings.proxySecretUrls].map((url) => [new URL(url).host, url]),
  );
  const asked = await Promise.allSettled([...byHost].map(([host, url]) => ask(exam, host, url)));
  const answers = asked.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const middle = answers.sort((a, b) => a.aheadMs - b.aheadMs)[Math.floor(answers.length / 2)];
  if (middle !== undefined) return middle;
  const reason = asked.find((answer) => answer.status === "rejected")?.reason;
  throw new NotExamined(`nobody could be asked for the time: ${wordsOf(reason)}`);
}

async function ask({ ctx }: Examination, host: string, url: string): Promise<Comparison> {
  const before = ctx.clock.now().getTime();
  const theirs = (await ctx.host.remoteTime(url, TIMEOUT_MS)).getTime() + HALF_SECOND_MS;
  const after = ctx.clock.now().getTime();
  return {
    host,
    aheadMs: (before + after) / 2 - theirs,
    uncertaintyMs: HALF_SECOND_MS + (after - before) / 2,
  };
}
