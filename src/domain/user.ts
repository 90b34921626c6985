import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";
import type { Secret } from "./secret.ts";
import type { UserLabels } from "./user-labels.ts";
import type { UserLimits } from "./user-limits.ts";

/**
 * A person: a record in users.json as this product sees it. `users.json` belongs to the VLESS stack too, so a record may hold
 * any other field; those are not read and never changed.
 */
export interface User extends UserLabels {
  readonly name: string;
  /** The VLESS stack's id; a record without it is no VLESS user. */
  readonly uuid?: string;
  /** Whether the record carries the stack's SOCKS5/HTTP password. The password itself is nobody's business here. */
  readonly hasProxyPassword: boolean;
  /** Absent for a person who has no MTProxy secret. */
  readonly secret?: Secret;
  /** Disabled people keep secret, slot and port, and their link does not work. */
  readonly enabled: boolean;
  /** ISO 8601, when the secret was given. */
  readonly createdAt?: string;
  /** What HAProxy and the daemon hold the person to; absent without any. */
  readonly limits?: UserLimits;
  /** Of a user whose key was replaced with an overlap. */
  readonly former?: FormerSecret;
}

/** A secret that goes on working for a while beside the one that replaced it. */
export interface FormerSecret {
  readonly secret: Secret;
  /** ISO 8601: when it ends. */
  readonly until: string;
}

/** A user with a secret: one who takes a slot. */
export type ProxyUser = User & { readonly secret: Secret };

export function hasSecret(user: User): user is ProxyUser {
  return user.secret !== undefined;
}

/** Every secret that lets the user in while enabled; one slot each. */
export function secretsOf({ secret, former }: Pick<User, "secret" | "former">): Secret[] {
  if (secret === undefined) return [];
  return former === undefined ? [secret] : [secret, former.secret];
}

/** @throws AppError invalid with the rule of spec §5 */
export function parseUserName(text: string): string {
  if (!isUserName(text)) {
    throw new AppError("invalid", `"${shown(text)}" is not a user name`, {
      hint: "a name has 1 to 32 of a-z A-Z 0-9 . _ - and starts with a letter or digit",
    });
  }
  return text;
}

export function isUserName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(text);
}

/** Names are unique without regard to case: client files of `Bob` and `bob` would be one folder on some disks. */
export function sameUserName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** @throws AppError not-found, naming the command that lists who there is */
export function findUser<U extends Pick<User, "name">>(users: readonly U[], name: string): U {
  const found = users.find((user) => sameUserName(user.name, name));
  if (found === undefined) {
    throw new AppError("not-found", `there is no user "${shown(name)}"`, {
      hint: "mtproxy list-users shows who there is",
    });
  }
  return found;
}
