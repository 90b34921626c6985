import type { UserFigures } from "../../domain/numbers/snapshot.ts";

/**
 * Who has series of their own. Nobody drops out while the process runs, whoever they are and whatever they do: a sum over people falls
 * when one of them drops out, and `increase` over it would count all of it as new. Who comes later is in while there is room.
 */
export class Members {
  readonly #names = new Set<string>();

  /** Those of these people who are in; where not all fit, the busiest come first. */
  admit(users: readonly UserFigures[], most: number): UserFigures[] {
    const newcomers = users.filter(({ name }) => !this.#names.has(name));
    for (const { name } of byTraffic(newcomers)) if (this.#names.size < most) this.#names.add(name);
    return users.filter(({ name }) => this.#names.has(name));
  }
}

function byTraffic(users: readonly UserFigures[]): UserFigures[] {
  return [...users].sort((a, b) => traffic(b) - traffic(a) || (a.name < b.name ? -1 : 1));
}

function traffic({ bytesIn, bytesOut }: UserFigures): number {
  return (bytesIn ?? 0) + (bytesOut ?? 0);
}
