import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { groupApart } from "../../domain/plan/groups.ts";
import { groupTagsOf } from "../../domain/promoted-channel.ts";
import { revealSecret } from "../../domain/secret.ts";
import { hasSecret } from "../../domain/user.ts";
import { loadState } from "../load-state.ts";
import { refuseWithoutTags } from "./promoted-channel.ts";

/** What the wizard tells a person to give to @MTProxybot. */
export interface Registration {
  readonly host: string;
  /** Of the person's shard: the bot wants one proxy, and all of them carry the tag. */
  readonly port: number;
  /** Whose key is told to the bot. */
  readonly username: string;
  /** Client form; the bot wants its 32 digits alone. */
  readonly secret: string;
  readonly digits: string;
}

/**
 * @throws AppError conflict on the trial engine, and where there is no link that the bot could be told
 */
export async function registrationFacts(ctx: Context): Promise<Registration> {
  const { settings, users, book, groupChannels } = await loadState(ctx);
  refuseWithoutTags(settings);
  const apart = groupTagsOf(groupChannels);
  const user = users.filter(hasSecret).find(({ enabled, group }) => enabled && groupApart(group, apart) === undefined);
  if (user === undefined)
    throw new AppError("conflict", "nobody has a link yet, and @MTProxybot asks for one of this proxy", {
      hint: "mtproxy add-user NAME gives the first; mtproxy set-promoted-channel TAG takes a tag that you have already",
    });
  const { secret, name: username } = user;
  const shard = book.shards.find(({ slots }) => slots.some(({ key }) => key.equals(secret.key)));
  return {
    host: settings.publicHost,
    port: shard?.port ?? settings.port,
    username,
    secret: revealSecret(secret),
    digits: secret.key.reveal(),
  };
}
