import type { Context } from "../../context.ts";
import { toHex } from "../../domain/bytes.ts";
import { AppError } from "../../domain/errors.ts";
import { parseUserName, sameUserName } from "../../domain/user.ts";
import type { Outcome } from "../outcome.ts";
import { type AddedUser, type AddUserOptions, addUser } from "./add-user.ts";

interface AddVlessUserOptions extends AddUserOptions {
  /** Give an MTProxy secret too. */
  readonly withMtproxy?: boolean | undefined;
}

export interface AddedVlessUser {
  readonly username: string;
  /** The MTProxy side; null where none was asked for. */
  readonly mtproxy: AddedUser | null;
}

/**
 * Adds a person to users.json with what the VLESS stack needs, and on demand a working MTProxy link.
 * @throws AppError invalid for a bad name, conflict for a name in use when no secret is asked for
 */
export async function addVlessUser(ctx: Context, options: AddVlessUserOptions): Promise<Outcome<AddedVlessUser>> {
  const username = parseUserName(options.name);
  if (options.withMtproxy === true) {
    const { data, ...rest } = await addUser(ctx, options);
    return { data: { username, mtproxy: data }, ...rest };
  }
  if (options.fakeTls !== undefined || options.domain !== undefined)
    throw new AppError("usage", "--fake-tls and --domain need --with-mtproxy");
  await addRecord(ctx, username, options.dryRun === true);
  return { data: { username, mtproxy: null } };
}

function addRecord(ctx: Context, name: string, dryRun: boolean): Promise<void> {
  return ctx.stores.users.update(`adding ${name}`, ({ users }) => {
    const present = users.find((user) => sameUserName(user.name, name));
    if (present !== undefined)
      throw new AppError("conflict", `there is a user "${present.name}" already`, {
        hint: `vless-user add ${present.name} --with-mtproxy gives a secret`,
      });
    const edit = {
      kind: "add" as const,
      name,
      uuid: ctx.random.uuid(),
      proxyPassword: toHex(ctx.random.bytes(16)),
      fields: {},
    };
    return { edits: dryRun ? [] : [edit], result: undefined };
  });
}
