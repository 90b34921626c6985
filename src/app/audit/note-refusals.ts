import type { Context } from "../../context.ts";
import { entryOf } from "../../domain/entry-of.ts";
import { accountOf } from "../../domain/ledger.ts";
import type { PassingRefusal, PassingRefusals } from "../../domain/refusals.ts";
import { noteChange } from "./note-change.ts";

const words: Readonly<Record<PassingRefusal, string>> = {
  expired: "the link has expired",
  "over-quota": "the quota is used up",
};

/** Writes down who is refused from now on, and who is let in again, an entry a reason. */
export async function noteRefusals(
  ctx: Context,
  before: PassingRefusals,
  after: PassingRefusals,
  tell: (trouble: string) => void,
): Promise<void> {
  for (const reason of Object.keys(words) as PassingRefusal[]) {
    const about = people(Object.keys(after).filter((it) => after[it] === reason && entryOf(before, it) !== reason));
    if (about.length > 0) await noteChange(ctx, { ...daemon, command: "refuse", about, words: words[reason] }, tell);
  }
  const about = people(Object.keys(before).filter((it) => !Object.hasOwn(after, it)));
  if (about.length > 0)
    await noteChange(ctx, { ...daemon, command: "let in again", about, words: "nothing speaks against it" }, tell);
}

const daemon = { actor: "daemon" } as const;

function people(servers: readonly string[]): string[] {
  return [...new Set(servers.map(accountOf))].sort();
}
