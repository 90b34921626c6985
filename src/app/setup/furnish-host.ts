import type { HostContext } from "../../context.ts";
import { AppError, AS_ROOT } from "../../domain/errors.ts";
import { chosenParts, type HostPart, hostParts } from "../../domain/host-record.ts";
import type { Settings } from "../../domain/settings.ts";
import { entriesOf } from "./host-context.ts";
import { type HostPartState, type HostWishes, removePart, setUpHost } from "./set-up-host.ts";

interface Furnished {
  readonly parts: readonly HostPartState[];
  readonly warnings: readonly string[];
  readonly failure?: AppError;
}

/**
 * Puts on the machine what a setup was asked for, all of it or nothing: where one part fails, or Ctrl-C comes, the parts that were not
 * there before are taken away again. Those that were there stay as they are now: they serve a proxy that runs.
 * @returns failure with what was undone and the command that goes on
 */
export async function furnishHost(
  ctx: HostContext,
  wishes: HostWishes,
  settings: Settings,
  isInterrupted: () => boolean,
): Promise<Furnished> {
  const before = new Set((await ctx.stores.hostRecord.read()).map(({ part }) => part));
  const { parts, failures } = await setUpHost(ctx, wishes, settings, isInterrupted);
  const [first, ...others] = failures;
  if (first === undefined) return { parts, warnings: [] };
  const { undone, troubles } = await undo(
    ctx,
    hostParts.filter((part) => !before.has(part)),
  );
  return {
    parts: parts.map((it) => ({ ...it, installed: it.installed && !undone.includes(it.part) })),
    warnings: [...others.map(({ message }) => message), ...troubles],
    failure: failed(first, undone, wishes),
  };
}

/** The last one first. What cannot be undone is still written down, so an uninstall finds it. */
async function undo(ctx: HostContext, parts: readonly HostPart[]) {
  const undone: HostPart[] = [];
  const troubles: string[] = [];
  for (const part of [...parts].reverse()) {
    if ((await entriesOf(ctx, part)).length === 0) continue;
    try {
      await removePart(ctx, part);
      undone.push(part);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      troubles.push(`${part} could not be undone: ${error.message}; mtproxy uninstall tries again`);
    }
  }
  return { undone, troubles };
}

function failed({ kind, message, hint }: AppError, undone: readonly HostPart[], wishes: HostWishes): AppError {
  const gone = undone.length === 0 ? "" : `; undone with it: ${undone.join(", ")}`;
  const next = `${goOn(wishes)} goes on`;
  return new AppError(kind, `${message}${gone}; the settings, people and proxies stay as they are`, {
    hint: hint === undefined || hint === AS_ROOT ? (hint ?? next) : `${hint}; then ${next}`,
  });
}

/** What does the rest of a setup that ended early. */
export function goOn(wishes: HostWishes & { readonly firstUser?: string | undefined }): string {
  const flags = chosenParts.flatMap((part) => (wishes[part] === true ? [`--${part}`] : []));
  const first = wishes.firstUser === undefined ? [] : ["--first-user", wishes.firstUser];
  return ["mtproxy setup", ...first, ...flags].join(" ");
}
