import type { Context } from "../../context.ts";
import { toHex } from "../../domain/bytes.ts";
import { AppError } from "../../domain/errors.ts";
import type { SpareKeys } from "../../domain/plan/spare.ts";
import { domainOf } from "../../domain/secret.ts";
import { hasSecret, type ProxyUser, parseUserName, sameUserName, type User } from "../../domain/user.ts";
import { fieldsOf, type UserEdit } from "../../state/users-text.ts";
import { bringLive, proveLink } from "../live/bring-live.ts";
import { knownPlaces } from "../live/known-places.ts";
import { planState } from "../live/plan-state.ts";
import { loadSettings, loadState, type State } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf } from "./client-files.ts";
import { handOut } from "./hand-out.ts";
import { type LabelOptions, readLabels, refuseOtherLabels } from "./label-options.ts";
import { type UserCard, userCard } from "./user-card.ts";
import { freshSecret, type SecretOptions, spareKeys, type Wanted, wantedSecret } from "./wanted-secret.ts";

export interface AddUserOptions extends SecretOptions, LabelOptions {
  readonly name: string;
  /** A running shard may be restarted to take the cover domain. */
  readonly allowRestart?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface AddedUser extends UserCard {
  /** False when the user had this secret already. */
  readonly added: boolean;
}

/** Whom the wish is fulfilled for, and the edit of users.json that it takes: none for somebody who has it already. */
export interface Newcomer {
  readonly user: ProxyUser;
  readonly edit?: UserEdit;
}

/**
 * Gives a person a secret, in one write of users.json, and makes its link work. Asking again for the same gives the same link.
 * @throws AppError invalid for a bad name or a domain outside the whitelist, conflict for a user who has another mode
 */
export async function addUser(ctx: Context, options: AddUserOptions): Promise<Outcome<AddedUser>> {
  const name = parseUserName(options.name);
  await loadSettings(ctx);
  const added = await giveSecret(ctx, name, options);
  if (options.dryRun === true) return { data: { ...(await cardOf(ctx, added.user)), added: added.isNew } };
  const live = await bringLive(ctx, `${name} is saved, but the link does not work yet`, {
    allowRestart: options.allowRestart ?? false,
    changedUsers: [name],
  });
  const planned = await (live.failure === undefined ? planState(ctx) : knownPlaces(ctx));
  const data = { ...(await handOut(ctx, planned, added.user)), added: added.isNew };
  if (live.failure !== undefined) return { data, failure: live.failure };
  if (!added.user.enabled)
    return { data, warnings: [`${name} is disabled, so the link does not work: mtproxy enable-user ${name}`] };
  const link = linkOf(planned, added.user);
  return { data, ...(link === undefined ? {} : await proveLink(ctx, name, link)) };
}

async function cardOf(ctx: Context, user: ProxyUser): Promise<UserCard> {
  return userCard(ctx, await planState(ctx), user);
}

/** Finds or makes the user with the wanted secret: one write of users.json, or none. */
function giveSecret(ctx: Context, name: string, options: AddUserOptions): Promise<GivenSecret> {
  return ctx.stores.users.update<GivenSecret>(`adding ${name}`, async ({ users }) => {
    const state = { ...(await loadState(ctx)), users };
    const present = users.find((user) => sameUserName(user.name, name));
    const { user, edit } = newcomer(ctx, state, { ...options, name }, { present, spares: spareKeys(state) });
    return {
      edits: edit === undefined || options.dryRun === true ? [] : [edit],
      result: { user, isNew: edit !== undefined },
    };
  });
}

interface GivenSecret {
  readonly user: ProxyUser;
  readonly isNew: boolean;
}

/** What is there for a wish; for many of them looked up once. */
interface Present {
  /** The record of that name in whatever case. */
  readonly present: User | undefined;
  readonly spares: SpareKeys;
}

/**
 * Decides what becomes of a wish; writes nothing.
 * @throws AppError as `addUser`
 */
export function newcomer(ctx: Context, state: State, options: AddUserOptions, { present, spares }: Present): Newcomer {
  const name = parseUserName(options.name);
  const wanted = wantedSecret(state, options, state.settings.defaultMode);
  const labels = readLabels(options, ctx.clock.now());
  if (present !== undefined && present.name !== name) throw otherSpelling(present.name, name);
  if (present !== undefined && hasSecret(present)) {
    const user = sameOrConflict(present, wanted);
    refuseOtherLabels(user, labels);
    return { user };
  }
  const user: ProxyUser = {
    ...(present ?? { name, hasProxyPassword: true }),
    ...labels,
    enabled: true,
    secret: freshSecret(ctx, state, { ...wanted, group: labels.group ?? present?.group }, spares),
    createdAt: ctx.clock.now().toISOString(),
  };
  return { user, edit: present === undefined ? addition(ctx, user) : change(user) };
}

/** The same mode (and domain, where one was named) is the same wish; another one would silently replace a link in use. */
function sameOrConflict(user: ProxyUser, wanted: Wanted): ProxyUser {
  const domain = domainOf(user.secret);
  if (user.secret.mode === wanted.mode && (wanted.domain === undefined || wanted.domain === domain)) return user;
  const has = domain === undefined ? user.secret.mode : `${user.secret.mode} with ${domain}`;
  throw new AppError("conflict", `${user.name} already has a ${has} link`, {
    hint: `mtproxy show-user-config ${user.name} prints it; mtproxy remove-user ${user.name} makes room for another mode`,
  });
}

function otherSpelling(present: string, name: string): AppError {
  return new AppError("conflict", `there is a user "${present}", and names are unique without regard to case`, {
    hint: `mtproxy add-user ${present}, or another name than ${name}`,
  });
}

function change(user: ProxyUser): UserEdit {
  return { kind: "set", name: user.name, fields: fieldsOf(user) };
}

/** A record that the VLESS stack can use too: it looks for a uuid and a proxy password. */
function addition(ctx: Context, user: ProxyUser): UserEdit {
  return {
    kind: "add",
    name: user.name,
    uuid: ctx.random.uuid(),
    proxyPassword: toHex(ctx.random.bytes(16)),
    fields: fieldsOf(user),
  };
}
