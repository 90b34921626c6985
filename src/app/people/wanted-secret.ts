import type { Context } from "../../context.ts";
import { parseCoverDomain } from "../../domain/cover-domain.ts";
import { AppError } from "../../domain/errors.ts";
import { SpareKeys } from "../../domain/plan/spare.ts";
import { groupTagsOf } from "../../domain/promoted-channel.ts";
import { type Mode, makeSecret, type Secret } from "../../domain/secret.ts";
import { capabilitiesOf, newKey } from "../live/plan-state.ts";
import { defaultCoverDomain, type State } from "../load-state.ts";

/** How the kind of a new secret is asked for. */
export interface SecretOptions {
  /** `true` takes the default cover domain. */
  readonly fakeTls?: boolean | string | undefined;
  readonly domain?: string | undefined;
  readonly plain?: boolean | undefined;
}

/** What the options ask for. */
export interface Wanted {
  readonly mode: Mode;
  /** Undefined where any cover domain will do. */
  readonly domain: string | undefined;
  /** Whose secret it shall be. */
  readonly group?: string | undefined;
}

/** @throws AppError usage for wishes that exclude each other, invalid for a domain outside the whitelist */
export function wantedSecret(state: State, { fakeTls, domain, plain }: SecretOptions, defaultMode: Mode): Wanted {
  const named = typeof fakeTls === "string" ? fakeTls : domain;
  if (typeof fakeTls === "string" && domain !== undefined && fakeTls !== domain) {
    throw new AppError("usage", "--fake-tls and --domain name two different domains");
  }
  const wantsTls = fakeTls !== undefined || domain !== undefined;
  if (wantsTls && plain === true) throw new AppError("usage", "a secret is either plain or fake-TLS, not both");
  const mode = wantsTls ? "fake-tls" : plain === true ? "plain" : defaultMode;
  return { mode, domain: named === undefined ? undefined : listedDomain(state, named) };
}

function listedDomain({ coverDomains }: State, text: string): string {
  const domain = parseCoverDomain(text);
  if (coverDomains.includes(domain)) return domain;
  throw new AppError("invalid", `${domain} is not on the list of cover domains`, {
    hint: `mtproxy add-fake-tls-domain ${domain} checks it and adds it`,
  });
}

/** What running shards have to give. */
export function spareKeys(state: State): SpareKeys {
  const { settings, groupChannels } = state;
  return new SpareKeys({ ...state, capabilities: capabilitiesOf(settings), groupTags: groupTagsOf(groupChannels) });
}

/** With a key that a running shard accepts already, where there is one. */
export function freshSecret(
  ctx: Context,
  state: State,
  { mode, domain: named, group }: Wanted,
  spares: SpareKeys,
): Secret {
  const domain = mode === "fake-tls" ? (named ?? defaultCoverDomain(state)) : undefined;
  return makeSecret(mode, spares.take({ mode, domain, group }) ?? newKey(ctx), domain);
}
