import { join } from "node:path";
import type { Context } from "../../context.ts";
import { type Link, tgLink } from "../../domain/link.ts";
import { serves } from "../../domain/plan/draft.ts";
import type { Plan } from "../../domain/plan/types.ts";
import { domainOf, type Secret } from "../../domain/secret.ts";
import { familyOf, sharedHolder } from "../../domain/shard.ts";
import { numbered } from "../../domain/shared-secret.ts";
import { hasSecret, type ProxyUser } from "../../domain/user.ts";
import { renderClientFiles } from "../../render/client-files.ts";
import type { FormerLink } from "../../render/invitation.ts";
import type { PlannedState, State } from "../load-state.ts";

/** Where a user's or a shared secret's link and QR codes are; absolute paths. */
export interface ClientFilePaths {
  readonly link: string;
  readonly qrPng: string;
  readonly qrSvg: string;
}

/** Beside the users' folders, and no name of one: those start with a letter or digit. */
const SHARED = "_shared";

/** The folder of a shared secret, from the folder of all clients. */
export function sharedFolder(id: string): string {
  return join(SHARED, id);
}

export function clientFilePaths(ctx: Context, name: string): ClientFilePaths {
  const folder = join(ctx.paths.clients, name);
  return {
    link: join(folder, "mtproxy_link.txt"),
    qrPng: join(folder, "mtproxy_qr.png"),
    qrSvg: join(folder, "mtproxy_qr.svg"),
  };
}

/** A message and a page about a link, there for people who were given a new one with everybody else; absolute paths. */
export interface InvitationPaths {
  readonly message: string;
  readonly page: string;
}

export function invitationPaths(ctx: Context, name: string): InvitationPaths {
  const folder = join(ctx.paths.clients, name);
  return { message: join(folder, "mtproxy_message.txt"), page: join(folder, "mtproxy_page.html") };
}

/** What is known of where links lead. */
export interface KnownPlaces {
  readonly state: Pick<State, "settings" | "engineRecord">;
  readonly plan: Pick<Plan, "placements">;
}

/**
 * The user's link, or undefined while the plan has no place for it: somebody else may have the same key in another mode, and one
 * process cannot serve both.
 */
export function linkOf(places: KnownPlaces, { secret }: Pick<ProxyUser, "secret">): Link | undefined {
  const place = places.plan.placements.get(secret.key.reveal());
  if (place === undefined) return undefined;
  const family = place.family === "any" ? "any" : familyOf(secret.mode);
  return serves(place, family, domainOf(secret)) ? linkTo(places, secret, place.port) : undefined;
}

/** A link to a port, whatever is served there. */
export function linkTo({ state }: Pick<KnownPlaces, "state">, secret: Secret, port: number): Link {
  return { server: state.settings.publicHost, port, secret };
}

/**
 * Rewrites the files of every user whose link changed.
 * @param only users that a command changed: then nobody is looked at but these, those whose port moves and those whose key another
 *   program replaced; and everybody after all while files name another server
 */
export async function updateClientFiles(ctx: Context, planned: PlannedState, only?: readonly string[]): Promise<void> {
  const { state, plan } = planned;
  const isSameServer = state.book.linkedHost === state.settings.publicHost;
  const looked =
    isSameServer && only && new Set([...only, ...[...plan.moves, ...plan.revocations].map(({ holder }) => holder)]);
  for (const user of state.users.filter(hasSecret).filter(({ name }) => !looked || looked.has(name))) {
    const link = linkOf(planned, user);
    if (link !== undefined) await writeClientFiles(ctx, user.name, link);
  }
  if (!looked || looked.has(sharedHolder)) await updateSharedFiles(ctx, planned);
}

/** Files of a secret that is on the list no more are not kept for anybody to hand out. */
async function updateSharedFiles(ctx: Context, planned: PlannedState): Promise<void> {
  const secrets = numbered(planned.state.sharedSecrets);
  const known = new Set(secrets.map(({ id }) => id));
  for (const id of await ctx.files.list(join(ctx.paths.clients, SHARED)))
    if (!known.has(id)) await removeClientFiles(ctx, sharedFolder(id));
  for (const entry of secrets) {
    const link = linkOf(planned, entry);
    if (link !== undefined) await writeClientFiles(ctx, sharedFolder(entry.id), link);
  }
}

/** A link that shall not work any more is not kept for anybody to hand out. */
export async function removeRevokedFiles(ctx: Context, { state, plan }: PlannedState): Promise<void> {
  const present = new Set([...state.users.filter(hasSecret).map(({ name }) => name), sharedHolder]);
  for (const { holder } of plan.revocations) if (!present.has(holder)) await removeClientFiles(ctx, holder);
}

async function writeClientFiles(ctx: Context, name: string, link: Link): Promise<void> {
  const paths = clientFilePaths(ctx, name);
  const [known] = ((await ctx.files.readText(paths.link)) ?? "").split("\n");
  if (known === tgLink(link)) return;
  // A page that names a dead link is worse than none.
  if ((await ctx.files.stat(invitationPaths(ctx, name).page)) !== undefined) await writeInvitation(ctx, name, link);
  const files = await renderClientFiles(link);
  // The text comes last: it says that the others are complete.
  for (const { name: file, content } of files.reverse()) {
    await ctx.files.write(join(ctx.paths.clients, name, file), content, { mode: 0o600 });
  }
}

/** @param former what is told of the link before */
export async function writeInvitation(ctx: Context, name: string, link: Link, former?: FormerLink): Promise<void> {
  const { renderInvitation } = await import("../../render/invitation.ts");
  for (const { name: file, content } of await renderInvitation(link, former)) {
    await ctx.files.write(join(ctx.paths.clients, name, file), content, { mode: 0o600, exactMode: true });
  }
}

/** The folder goes too when nothing of the VLESS stack is in it. */
export async function removeClientFiles(ctx: Context, name: string): Promise<void> {
  const paths = { ...clientFilePaths(ctx, name), ...invitationPaths(ctx, name) };
  for (const path of Object.values(paths)) await ctx.files.remove(path);
  const folder = join(ctx.paths.clients, name);
  if ((await ctx.files.list(folder)).length === 0) await ctx.files.removeFolder(folder);
}
