import { ApiError } from "../api/client.ts";
import type { Stats, Sums } from "../api/shapes.ts";
import { type RangeName, ranges } from "../figures/ranges.ts";
import { bar } from "./bar.ts";
import { h } from "./dom.ts";
import { accountLink, type Page } from "./page.ts";

const MOST = 10;

/** Who moved most within a time, as bars against the first of them. */
export class Busiest {
  readonly element = h("ol", { class: "busiest" });
  readonly #page: Page;
  #range: RangeName;
  /** Why nobody's traffic is known now. */
  #why: string | null = null;
  #asked = 0;
  /** By this device's clock. */
  #askedAt = 0;

  constructor(page: Page, range: RangeName) {
    this.#page = page;
    this.#range = range;
  }

  async choose(range: RangeName): Promise<void> {
    this.#range = range;
    await this.#ask();
  }

  async refresh(stats: Stats): Promise<void> {
    this.#why = this.#page.noteOfPeople(stats);
    const age = Date.now() - this.#askedAt;
    if (age >= 1000 * ranges[this.#range].refreshSeconds - 1000) await this.#ask();
  }

  async #ask(): Promise<void> {
    this.#asked += 1;
    const turn = this.#asked;
    const until = this.#page.api.now();
    this.#askedAt = Date.now();
    try {
      const sums = await this.#page.api.sums(until - 1000 * ranges[this.#range].seconds, until);
      if (turn === this.#asked) this.#show(sums);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#askedAt = 0;
      if (turn === this.#asked && error.fault === "refused")
        this.element.replaceChildren(h("li", { class: "note" }, this.#page.texts.charts.noHistory(error.message)));
    }
  }

  #show(sums: readonly Sums[]): void {
    const { texts } = this.#page;
    const total = (person: Sums) => person.bytes_in + person.bytes_out;
    const first = sums.filter((person) => total(person) > 0).slice(0, MOST);
    const most = Math.max(1, ...first.map(total));
    const rows = first.map((person) => {
      const words = this.#page.amounts.bytes(total(person));
      const line = bar(total(person) / most, words);
      line.classList.add("plain");
      return h("li", {}, accountLink(this.#page, person.name), line);
    });
    this.element.replaceChildren(
      ...(rows.length === 0 ? [h("li", { class: "note" }, this.#why ?? texts.charts.nobody)] : rows),
    );
  }
}
