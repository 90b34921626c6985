import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { watchOnTerminal } from "./run-source.ts";

const bin = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");

/** Keys as a terminal sends them. */
export const keys = {
  enter: "\r",
  interrupt: "\x03",
  /** Not a key: nothing is typed for a moment. */ pause: "pause",
} as const;

/** A question by its words, and what is typed when it is asked. */
export type Exchange = readonly [question: string, typed: string];

export interface Conversation {
  readonly code: number | string;
  /** What the terminal showed, without colours and cursor movements. */
  readonly shown: string;
}

/** Runs the built command on a terminal of its own and answers its questions in this order; each must be asked. */
export async function converse(
  args: readonly string[],
  exchanges: readonly Exchange[],
  env: Record<string, string>,
): Promise<Conversation> {
  const words = [process.execPath, bin, ...args];
  const terminal = watchOnTerminal(words, { NO_COLOR: "1", COLUMNS: "200", ...env });
  let seen = 0;
  for (const [question, typed] of exchanges) {
    const at = await appears(terminal, question, seen);
    if (typed === keys.pause) await sleep(300);
    else terminal.child.stdin.write(typed);
    seen = at + question.length;
  }
  const code = await terminal.ended;
  return { code, shown: plain(terminal.output()) };
}

/** The same text may have been shown before: only what came since counts. */
async function appears(terminal: ReturnType<typeof watchOnTerminal>, text: string, from: number): Promise<number> {
  for (;;) {
    const at = plain(terminal.output()).indexOf(text, from);
    if (at >= 0) return at;
    const over = await Promise.race([terminal.ended, sleep(20, undefined)]);
    if (over !== undefined && plain(terminal.output()).indexOf(text, from) < 0)
      throw new Error(`it ended with ${over} before it asked "${text}":\n${plain(terminal.output())}`);
  }
}

function plain(text: string): string {
  return text.replace(/\x1b\[[\d;?]*[a-zA-Z]/g, "").replaceAll("\r", "");
}

/** Folders that a Debian has where our files go, for a root in MTPROXY_HOST_ROOT; with /run/systemd/system systemd runs there too. */
export const hostFolders: readonly string[] = [
  ...["etc/systemd/system", "etc/cron.d", "etc/logrotate.d", "etc/fail2ban/filter.d", "etc/fail2ban/jail.d"],
  "usr/local/bin",
];
