import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { hasSecret } from "../../domain/user.ts";
import { type PlanOptions, planState } from "../live/plan-state.ts";
import type { PlannedState } from "../load-state.ts";
import { linkOf } from "./client-files.ts";
import { verifyLinks } from "./verify-links.ts";

/** A person whose link names something else now, and who must get the new one. */
export interface ChangedLink {
  readonly username: string;
  /** `host:port`. */
  readonly from: string;
  readonly to: string;
}

export function changedLinks(before: PlannedState, after: PlannedState): ChangedLink[] {
  const place = (planned: PlannedState, user: Parameters<typeof linkOf>[1]): string | undefined => {
    const link = linkOf(planned, user);
    return link && `${link.server}:${link.port}`;
  };
  return after.state.users.filter(hasSecret).flatMap((user) => {
    const [from, to] = [place(before, user), place(after, user)];
    return from === undefined || to === undefined || from === to ? [] : [{ username: user.name, from, to }];
  });
}

/** Whose links would be others if this were so; writes nothing. */
export async function foreseenLinks(ctx: Context, change: PlanOptions): Promise<ChangedLink[]> {
  return changedLinks(await planState(ctx), await planState(ctx, change));
}

/**
 * A link that changes is dead where its owner has it, so that must be wanted.
 * @param why a sentence without its end
 * @throws AppError conflict, naming everybody whose link changes
 */
export function refuseMoves(links: readonly ChangedLink[], why: string, command: string): void {
  if (links.length === 0) return;
  const whose = links.map(({ username, from, to }) => `${username} (${from} → ${to})`).join(", ");
  throw new AppError("conflict", `${why}, which changes the port in the links of ${whose}`, {
    hint: `${command} --allow-move does it: the old links are dead then, and each of them needs the new one`,
  });
}

/** The failure when a link that changed works for nobody. */
export async function proveChanged(ctx: Context, links: readonly ChangedLink[]): Promise<AppError | undefined> {
  const { users } = await ctx.stores.users.read();
  const moved = new Set(links.map(({ username }) => username));
  const names = users.filter(({ name, enabled }) => enabled && moved.has(name)).map(({ name }) => name);
  return names.length === 0 ? undefined : (await verifyLinks(ctx, { names, via: "127.0.0.1" })).failure;
}
