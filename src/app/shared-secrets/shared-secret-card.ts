import type { Context } from "../../context.ts";
import { tgLink, tmeLink } from "../../domain/link.ts";
import { linkAdvice } from "../../domain/link-advice.ts";
import { domainOf, type Mode, maskSecret } from "../../domain/secret.ts";
import { sharedHolder } from "../../domain/shard.ts";
import type { NumberedSecret } from "../../domain/shared-secret.ts";
import {
  type ClientFilePaths,
  clientFilePaths,
  type KnownPlaces,
  linkOf,
  sharedFolder,
} from "../people/client-files.ts";
import { noteHolders } from "../people/hand-out.ts";

/** What a list tells of a shared secret: nothing here lets anyone in. */
export interface ListedSecret {
  /** Place in the list, from 1. */
  readonly number: number;
  /** Stays when the list changes. */
  readonly id: string;
  readonly mode: Mode;
  readonly domain: string | null;
  /** Masked. */
  readonly secret: string;
  readonly active: boolean;
  readonly description: string | null;
  readonly createdAt: string | null;
}

/** Everything that the admin hands on. The links hold the key; the secret itself stays masked. */
export interface SharedSecretCard extends ListedSecret {
  readonly server: string;
  /** Null while no shard has a place for it. */
  readonly port: number | null;
  readonly link: string | null;
  readonly tmeLink: string | null;
  readonly files: ClientFilePaths;
  /** Which apps the link suits, and what it cannot do. */
  readonly advice: readonly string[];
}

export function listedSecret({ number, id, secret, active, description, createdAt }: NumberedSecret): ListedSecret {
  return {
    number,
    id,
    mode: secret.mode,
    domain: domainOf(secret) ?? null,
    secret: maskSecret(secret),
    active,
    description: description ?? null,
    createdAt: createdAt ?? null,
  };
}

/** The card of a secret whose link is shown now: its slot must not look spare from here on. */
export async function handOutSecret(
  ctx: Context,
  places: KnownPlaces,
  entry: NumberedSecret,
): Promise<SharedSecretCard> {
  await noteHolders(ctx, [{ name: sharedHolder, secret: entry.secret }]);
  return sharedSecretCard(ctx, places, entry);
}

export function sharedSecretCard(ctx: Context, places: KnownPlaces, entry: NumberedSecret): SharedSecretCard {
  const link = linkOf(places, entry);
  const { engineRecord, settings } = places.state;
  return {
    ...listedSecret(entry),
    server: settings.publicHost,
    port: link?.port ?? null,
    link: link === undefined ? null : tgLink(link),
    tmeLink: link === undefined ? null : tmeLink(link),
    files: clientFilePaths(ctx, sharedFolder(entry.id)),
    advice: linkAdvice(entry.secret.mode, settings.engine === "docker" ? engineRecord.image : undefined),
  };
}

/** How one is named in sentences. */
export function describeSecret({ id }: Pick<NumberedSecret, "id">): string {
  return `shared secret ${id}`;
}
