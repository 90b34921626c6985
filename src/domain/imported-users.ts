import { makeUnique, makeUserName } from "./made-name.ts";
import type { Secret } from "./secret.ts";
import type { SharedSecret } from "./shared-secret.ts";
import { hasSecret, type User } from "./user.ts";

/** Somebody who comes with a key from elsewhere. */
export interface Newcomer {
  readonly name?: string | undefined;
  readonly secret: Secret;
}

/** Where a newcomer gets in. */
export interface Settled<N extends Newcomer> {
  readonly newcomer: N;
  readonly name: string;
  /** The record in users.json that gets the secret; undefined for a new one. */
  readonly present?: User;
}

export interface TurnedAway {
  readonly what: string;
  readonly reason: string;
}

export interface Settlement<N extends Newcomer> {
  readonly settled: readonly Settled<N>[];
  readonly turnedAway: readonly TurnedAway[];
}

const NAMELESS = "imported";
/** Of several forms of one person's key the one that is hardest to recognise. */
const STRENGTH = { plain: 0, padded: 1, "fake-tls": 2 } as const;

/**
 * Gives every newcomer a valid and unique name. Who is in users.json without a secret is taken to be the same person; a key that
 * somebody has already is not given out twice.
 */
export function settleNewcomers<N extends Newcomer>(
  newcomers: readonly N[],
  users: readonly User[],
  sharedSecrets: readonly SharedSecret[],
): Settlement<N> {
  const settled: Settled<N>[] = [];
  const turnedAway: TurnedAway[] = [];
  const records = new Map(users.map((user) => [user.name.toLowerCase(), user]));
  const holders = holdersOf(users, sharedSecrets);
  const taken = new Set(users.filter(hasSecret).map(({ name }) => name.toLowerCase()));
  for (const newcomer of strongestFirst(newcomers)) {
    const digits = newcomer.secret.key.reveal();
    const holder = holders.get(digits);
    if (holder !== undefined) turnedAway.push(alreadyThere(newcomer, holder));
    else {
      const name = makeUnique(makeUserName(newcomer.name ?? NAMELESS) ?? NAMELESS, taken);
      const present = records.get(name.toLowerCase());
      taken.add(name.toLowerCase());
      holders.set(digits, name);
      settled.push(present === undefined ? { newcomer, name } : { newcomer, name: present.name, present });
    }
  }
  return { settled, turnedAway };
}

/** Lists of links name a person once for every mode: each key once, at its first place, in its strongest form. */
function strongestFirst<N extends Newcomer>(newcomers: readonly N[]): N[] {
  const best = new Map<string, N>();
  const rest: N[] = [];
  for (const newcomer of newcomers) {
    const digits = newcomer.secret.key.reveal();
    const before = best.get(digits);
    if (before === undefined) best.set(digits, newcomer);
    else if (before.name !== newcomer.name) rest.push(newcomer);
    else {
      const isStronger = STRENGTH[newcomer.secret.mode] > STRENGTH[before.secret.mode];
      best.set(digits, isStronger ? newcomer : before);
      rest.push(isStronger ? before : newcomer);
    }
  }
  return [...best.values(), ...rest];
}

function holdersOf(users: readonly User[], sharedSecrets: readonly SharedSecret[]): Map<string, string> {
  const shared = sharedSecrets.map(({ secret }): [string, string] => [secret.key.reveal(), "a shared secret"]);
  const people = users.filter(hasSecret).map(({ name, secret }): [string, string] => [secret.key.reveal(), name]);
  return new Map([...shared, ...people]);
}

function alreadyThere({ name, secret }: Newcomer, holder: string): TurnedAway {
  const what = name ?? `a ${secret.mode} secret`;
  return { what, reason: `${holder === name ? "is already there" : `${holder} has this key already`}` };
}
