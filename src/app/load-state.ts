import type { Context } from "../context.ts";
import type { EngineRecord } from "../domain/engine-facts.ts";
import { AppError } from "../domain/errors.ts";
import type { Plan } from "../domain/plan/types.ts";
import type { GroupChannel, PromotedChannel } from "../domain/promoted-channel.ts";
import type { Settings } from "../domain/settings.ts";
import type { ShardBook } from "../domain/shard.ts";
import type { SharedSecret } from "../domain/shared-secret.ts";
import type { User } from "../domain/user.ts";

/** Everything that the home says. */
export interface State {
  readonly settings: Settings;
  readonly users: readonly User[];
  /** What is odd in users.json without being an error: foreign names, doubles. */
  readonly warnings: readonly string[];
  readonly sharedSecrets: readonly SharedSecret[];
  readonly book: ShardBook;
  readonly promotedChannel?: PromotedChannel | undefined;
  readonly groupChannels: readonly GroupChannel[];
  readonly coverDomains: readonly string[];
  readonly engineRecord: EngineRecord;
}

/** A state and what it asks for. */
export interface PlannedState {
  readonly state: State;
  readonly plan: Plan;
}

/** @throws AppError environment when the home is not set up, invalid when a file of it is not what it should be */
export async function loadState(ctx: Context): Promise<State> {
  const { stores } = ctx;
  const settings = await loadSettings(ctx);
  const [{ users, warnings }, sharedSecrets, book, promotedChannel, groupChannels, coverDomains, engineRecord] =
    await Promise.all([
      stores.users.read(),
      stores.sharedSecrets.read(),
      stores.shards.read(),
      stores.promotedChannel.read(),
      stores.groupChannels.read(),
      stores.coverDomains.read(),
      stores.engineRecord.read(),
    ]);
  return { settings, users, warnings, sharedSecrets, book, promotedChannel, groupChannels, coverDomains, engineRecord };
}

export async function loadSettings(ctx: Context): Promise<Settings> {
  const settings = await ctx.stores.settings.read();
  if (settings === undefined) {
    throw new AppError("environment", `no proxy is set up in ${ctx.paths.home}`, {
      hint: "mtproxy setup --public-host YOUR.SERVER (add --engine trial for a first look without Docker)",
    });
  }
  return settings;
}

/** Cover domain of bare `--fake-tls` and of a shard that nobody asked a domain for. */
export function defaultCoverDomain({ settings, coverDomains }: Pick<State, "settings" | "coverDomains">): string {
  const domain = settings.defaultCoverDomain ?? coverDomains[0];
  if (domain === undefined) {
    throw new AppError("invalid", "the list of cover domains is empty", {
      hint: "mtproxy add-fake-tls-domain www.example.com",
    });
  }
  return domain;
}
