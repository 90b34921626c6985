import type { Context } from "../../context.ts";
import type { Key } from "../../domain/key.ts";
import { findUser } from "../../domain/user.ts";
import { bringLive } from "../live/bring-live.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { removeClientFiles } from "./client-files.ts";
import { holdKey } from "./hold-key.ts";
import { stillUsed } from "./still-used.ts";

interface RemoveUserOptions {
  readonly name: string;
  /** Take the whole record out of users.json even when the VLESS stack has its own fields in it. */
  readonly wholeRecord?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface RemovedUser {
  readonly username: string;
  readonly hadSecret: boolean;
  /** What went from users.json: the record, our fields of it, or nothing. */
  readonly removed: "record" | "secret" | "nothing";
  /** The old link is dead now. */
  readonly revoked: boolean;
}

/**
 * Takes our fields of a user away, and the record too where we made it, then the link: it is dead when this returns.
 * @returns failure when the key could not be revoked: the person still has access
 * @throws AppError not-found, or conflict for a user without a secret
 */
export async function removeUser(ctx: Context, options: RemoveUserOptions): Promise<Outcome<RemovedUser>> {
  await loadSettings(ctx);
  const { key, ...removed } = await takeAway(ctx, options);
  const data = { ...removed, revoked: false };
  if (options.dryRun === true || removed.removed === "nothing") return { data };
  await removeClientFiles(ctx, removed.username);
  if (key === undefined) return { data };
  const live = await bringLive(ctx, `${removed.username} is removed, BUT STILL HAS ACCESS until the change is live`, {
    whileStopped: `${removed.username} is removed and nobody has access now`,
    changedUsers: [removed.username],
  });
  const failure = live.failure ?? (await stillUsed(ctx, removed.username, key));
  return failure === undefined ? { data: { ...data, revoked: true } } : { data, failure };
}

interface TakenAway extends Omit<RemovedUser, "revoked"> {
  readonly key: Key | undefined;
}

function takeAway(ctx: Context, options: RemoveUserOptions): Promise<TakenAway> {
  return ctx.stores.users.update(`removing ${options.name}`, async (users) => {
    const user = findUser(users.users, options.name);
    const whole = options.wholeRecord === true || users.isOurs(user.name);
    const hadSecret = user.secret !== undefined;
    const removed = whole ? ("record" as const) : hadSecret ? ("secret" as const) : ("nothing" as const);
    const result = { username: user.name, hadSecret, removed, key: user.secret?.key };
    if (options.dryRun === true || removed === "nothing") return { edits: [], result };
    await holdKey(ctx, user);
    return { edits: [whole ? { kind: "remove-record", name: user.name } : { kind: "clear", name: user.name }], result };
  });
}
