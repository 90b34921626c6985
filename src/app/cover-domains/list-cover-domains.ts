import type { Context } from "../../context.ts";
import { domainOf } from "../../domain/secret.ts";
import { numbered, type SharedSecret } from "../../domain/shared-secret.ts";
import type { User } from "../../domain/user.ts";
import type { Outcome } from "../outcome.ts";

export interface ListedCoverDomain {
  readonly domain: string;
  /** What bare `--fake-tls` takes. */
  readonly isDefault: boolean;
  /** Names of users whose links name it. */
  readonly users: readonly string[];
  /** Ids of shared secrets whose links name it. */
  readonly sharedSecrets: readonly string[];
}

export interface CoverDomainList {
  readonly domains: readonly ListedCoverDomain[];
}

/** The whitelist in its order. Works before setup. */
export async function listCoverDomains(ctx: Context): Promise<Outcome<CoverDomainList>> {
  const { stores } = ctx;
  const [domains, settings, { users }, secrets] = await Promise.all([
    stores.coverDomains.read(),
    stores.settings.read(),
    stores.users.read(),
    stores.sharedSecrets.read(),
  ]);
  const byDefault = settings?.defaultCoverDomain ?? domains[0];
  const listed = domains.map((domain) => ({
    domain,
    isDefault: domain === byDefault,
    ...holdersOf(domain, users, secrets),
  }));
  return { data: { domains: listed } };
}

/** Whose links name a domain, those of disabled people too. */
export function holdersOf(
  domain: string,
  users: readonly User[],
  secrets: readonly SharedSecret[],
): Pick<ListedCoverDomain, "users" | "sharedSecrets"> {
  const holds = ({ secret }: Pick<User, "secret">) => secret !== undefined && domainOf(secret) === domain;
  return {
    users: users.filter(holds).map(({ name }) => name),
    sharedSecrets: numbered(secrets)
      .filter(holds)
      .map(({ id }) => id),
  };
}
