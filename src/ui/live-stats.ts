import type { HolderStats } from "../app/watching/holder-stats.ts";
import type { Stats } from "../app/watching/read-stats.ts";
import { sortPeople } from "../app/watching/sort-people.ts";
import type { ScreenSize, Style } from "../commands/command.ts";
import type { Sorting } from "../domain/numbers/choices.ts";
import { peopleTable } from "./people-table.ts";
import { headLines, shardsTable } from "./stats-views.ts";

/** What is drawn of a look, and what is wrong. */
export interface LiveFigures {
  readonly stats: Stats;
  /** Why figures are missing. */
  readonly trouble: string | undefined;
}

/** Which key sorts by what, and the column that shows it. */
const SORTS: Readonly<Record<string, { readonly by: Sorting; readonly title: string }>> = {
  a: { by: "active", title: "Active" },
  n: { by: "name", title: "Username" },
  c: { by: "total", title: "Total" },
  t: { by: "traffic", title: "To them" },
  u: { by: "used", title: "Quota" },
  s: { by: "seen", title: "Last seen" },
};

const KEYS = "a n c t u s sort, r turns round, ↑ ↓ scroll, q quits";
/** A box has a head of three lines and one below. */
const BOX = 4;
/** People are what it is about: proxies beyond so many are only counted where there is little room. */
const FEWEST_SHARDS = 3;

/** What `stats --live` shows, and how it was turned and scrolled. */
export class LiveStats {
  #by: Sorting;
  #isReversed: boolean;
  #top = 0;
  /** Rows of people that had room the last time. */
  #room = 1;
  #count = 0;

  constructor(by: Sorting = "active", isReversed = false) {
    this.#by = by;
    this.#isReversed = isReversed;
  }

  /** What a key does: see the last line of the picture. */
  press(key: string): void {
    const sort = SORTS[key.toLowerCase()];
    if (sort !== undefined) [this.#by, this.#top] = [sort.by, 0];
    else if (key.toLowerCase() === "r") this.#isReversed = !this.#isReversed;
    else this.#scroll(key);
  }

  #scroll(key: string): void {
    const steps: Readonly<Record<string, number>> = {
      ...{ up: -1, k: -1, down: 1, j: 1, pageup: -this.#room, pagedown: this.#room },
      ...{ home: -this.#count, end: this.#count },
    };
    this.#top = this.#within(this.#top + (steps[key] ?? 0));
  }

  #within(top: number): number {
    return Math.max(0, Math.min(top, this.#count - this.#room));
  }

  /** Those whose rows are seen now. */
  seen({ users }: Pick<Stats, "users">): HolderStats[] {
    return sortPeople(users ?? [], this.#by, this.#isReversed).slice(this.#top, this.#top + this.#room);
  }

  /** As many lines as there is room for, the keys last. */
  async paint({ stats, trouble }: LiveFigures, style: Style, { rows }: ScreenSize): Promise<string> {
    const foot = [...(trouble === undefined ? [] : [style.bad(`✗ ${trouble}`)]), this.#keys(stats, style)];
    const head = headLines(stats, style);
    // One line stays empty, so that nothing scrolls.
    const room = rows - 1 - head.length - foot.length - 3 - 2 * BOX;
    const shards = await this.#shards(stats, Math.max(FEWEST_SHARDS, Math.floor(room / 3)));
    const people = await this.#people(stats, Math.max(1, room - shards.rows));
    return [...head, "", shards.text, "", people, "", ...foot].join("\n");
  }

  async #shards({ shards }: Stats, most: number) {
    const left = shards.length - most;
    const text = await shardsTable(shards.slice(0, most));
    return { rows: Math.min(shards.length, most + 1), text: left > 0 ? `${text}\n  … and ${left} more` : text };
  }

  async #people(stats: Stats, room: number): Promise<string> {
    const { users, usersNote } = stats;
    if (users === null) return usersNote ?? "";
    const isWhole = users.length <= room;
    [this.#count, this.#room] = [users.length, isWhole ? room : Math.max(1, room - 1)];
    this.#top = this.#within(this.#top);
    const seen = this.seen(stats);
    const title = Object.values(SORTS).find(({ by }) => by === this.#by)?.title ?? "";
    const table = await peopleTable(seen, { title, sign: (this.#by === "name") === this.#isReversed ? "▼" : "▲" });
    const last = this.#top + seen.length;
    return isWhole ? table : `${table}\n  ${this.#top + 1} to ${last} of ${users.length} people`;
  }

  #keys({ at }: Stats, style: Style): string {
    return style.dim(`${at.slice(11, 19)} UTC, ${KEYS}`);
  }
}
