import type { HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { type HostEntry, sameEntry } from "../../domain/host-record.ts";

/**
 * Written down before it is made: a setup that is cut off leaves nothing that an uninstall would not find. What was another part's is
 * this one's from now on.
 */
export async function noteEntry(ctx: HostContext, entry: HostEntry): Promise<void> {
  await ctx.stores.hostRecord.update((entries) =>
    entries.some((it) => sameEntry(it, entry) && it.part === entry.part)
      ? entries
      : [...entries.filter((it) => !sameEntry(it, entry)), entry],
  );
}

export async function forgetEntry(ctx: HostContext, entry: HostEntry): Promise<void> {
  await ctx.stores.hostRecord.update((entries) => entries.filter((it) => !sameEntry(it, entry)));
}

export async function entriesOf(ctx: HostContext, part: HostEntry["part"]): Promise<readonly HostEntry[]> {
  return (await ctx.stores.hostRecord.read()).filter((entry) => entry.part === part);
}

/** One of the machine's own programs. @throws AppError engine with its words */
export async function runTool(ctx: HostContext, command: readonly string[], timeoutMs?: number): Promise<string> {
  const { failed, all, stdout } = await ctx.machine.run(command, timeoutMs === undefined ? {} : { timeoutMs });
  if (!failed) return stdout;
  throw new AppError("engine", `${command.join(" ")} failed${lastWords(all)}`);
}

/** What a program said last, as the end of a sentence. */
export function lastWords(output: string): string {
  const words = output.trim().split("\n").slice(-3).join("; ");
  return words === "" ? "" : `: ${words}`;
}
