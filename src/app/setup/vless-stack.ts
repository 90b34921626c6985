import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { isOurName } from "./home-contents.ts";

/** Another program that lives in the same home, as the original familyTraffic does. */
export interface VlessStack {
  /** People in users.json whose records hold more than ours. */
  readonly users: number;
  /** Names in the home that are none of ours. */
  readonly files: readonly string[];
}

/** Null when the home is only ours, or empty. */
export async function findVlessStack(ctx: Context): Promise<VlessStack | null> {
  const files = (await ctx.files.list(ctx.paths.home)).filter((name) => !isOurName(name));
  const users = await foreignUsers(ctx);
  return users === 0 && files.length === 0 ? null : { users, files };
}

/** A users.json that cannot be read is somebody's all the same; what is wrong with it is said by whoever needs it. */
async function foreignUsers(ctx: Context): Promise<number> {
  try {
    const state = await ctx.stores.users.read();
    return state.users.filter(({ name }) => !state.isOurs(name)).length;
  } catch (error) {
    if (error instanceof AppError) return 0;
    throw error;
  }
}
