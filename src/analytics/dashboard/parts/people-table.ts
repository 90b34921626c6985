import { known, type Person, type Stats } from "../api/shapes.ts";
import { chosenPeople, type PeopleChoice, type PeopleOrder } from "../figures/people.ts";
import { button, h, type Part, setAttribute, setText } from "./dom.ts";
import { type Page, personLink } from "./page.ts";
import { lastSeen, quota, stateWords } from "./person-figures.ts";

const columns: readonly PeopleOrder[] = [
  "name",
  "state",
  "connections",
  "from",
  "to",
  "quota",
  "seen",
  "homes",
  "expiry",
];
const words: readonly PeopleOrder[] = ["name", "state"];

/** How the reader wants it: kept while pages change. */
export const firstChoice: PeopleChoice = { search: "", order: "name", isDescending: false };

/** Everybody, to search and to sort. Rows stay the same elements, so that hundreds of them cost little at each look. */
export class PeopleTable implements Part<Stats> {
  readonly element: HTMLElement;
  readonly #page: Page;
  readonly #rows = new Map<string, Row>();
  readonly #body = h("tbody");
  readonly #found = h("p", { class: "note", role: "status" });
  readonly #why = h("p", { class: "note" });
  readonly #shared = h("p", { class: "note" });
  readonly #heads: ReadonlyMap<PeopleOrder, HTMLElement>;
  readonly #byName: Intl.Collator;
  readonly #onChoose: (choice: PeopleChoice) => void;
  #choice: PeopleChoice;
  #people: readonly Person[] = [];

  constructor(page: Page, choice: PeopleChoice, onChoose: (choice: PeopleChoice) => void) {
    this.#page = page;
    this.#choice = choice;
    this.#onChoose = onChoose;
    this.#byName = new Intl.Collator(page.texts.language, { numeric: true });
    this.#heads = new Map(columns.map((column) => [column, this.#head(column)]));
    this.element = h("div", { class: "people" }, this.#why, this.#search(), this.#found, this.#table(), this.#shared);
    this.#showOrder();
  }

  update(stats: Stats): void {
    this.#people = stats.users;
    setText(this.#why, this.#page.noteOfPeople(stats) ?? "");
    setText(this.#shared, this.#sharedWords(stats));
    this.#show();
  }

  /** Empty where nobody used a shared secret. */
  #sharedWords({ shared }: Stats): string {
    if (shared === null) return "";
    const { amounts, texts } = this.#page;
    const words = (value: number | null, write: (value: number) => string) =>
      value === null ? texts.unknown : write(value);
    const bytes = (value: number) => amounts.bytes(value);
    return texts.people.sharedTogether(
      words(shared.connections, texts.people.connections),
      words(shared.bytes_in, bytes),
      words(shared.bytes_out, bytes),
    );
  }

  #show(): void {
    const chosen = chosenPeople(this.#people, this.#choice, this.#byName.compare);
    const rows = chosen.map((person) => this.#row(person));
    this.#forget();
    replaceRows(this.#body, rows);
    const { people } = this.#page.texts;
    const isEmpty = rows.length === 0 && this.#people.length > 0;
    setText(this.#found, isEmpty ? people.none : people.found(rows.length, this.#people.length));
  }

  #row(person: Person): HTMLTableRowElement {
    const row = this.#rows.get(person.username) ?? new Row(this.#page, person.username);
    this.#rows.set(person.username, row);
    row.update(person);
    return row.element;
  }

  /** Those who are nobody any more. */
  #forget(): void {
    if (this.#rows.size <= this.#people.length) return;
    const names = new Set(this.#people.map(({ username }) => username));
    for (const name of this.#rows.keys()) if (!names.has(name)) this.#rows.delete(name);
  }

  #choose(choice: PeopleChoice): void {
    this.#choice = choice;
    this.#onChoose(choice);
    this.#showOrder();
    this.#show();
  }

  #search(): HTMLElement {
    const input = h("input", { type: "search", value: this.#choice.search, autocomplete: "off", spellcheck: "false" });
    input.addEventListener("input", () => this.#choose({ ...this.#choice, search: input.value }));
    return h("label", { class: "search" }, `${this.#page.texts.people.search} `, input);
  }

  #table(): HTMLElement {
    const { people } = this.#page.texts;
    const head = h("thead", {}, h("tr", {}, ...this.#heads.values()));
    const caption = h("caption", { class: "hidden" }, people.caption);
    const place = { class: "scroll", role: "group", tabindex: 0, "aria-label": people.title };
    return h("div", place, h("table", { class: "cards" }, caption, head, this.#body));
  }

  #head(column: PeopleOrder): HTMLElement {
    const sort = button(this.#page.texts.people.columns[column], () => this.#sortBy(column), { class: "sort" });
    return h("th", { scope: "col", class: words.includes(column) ? null : "number" }, sort);
  }

  /** Figures begin with the largest, names with A; again turns it round. */
  #sortBy(order: PeopleOrder): void {
    const isDescending = order === this.#choice.order ? !this.#choice.isDescending : order !== "name";
    this.#choose({ ...this.#choice, order, isDescending });
  }

  #showOrder(): void {
    const { order, isDescending } = this.#choice;
    const words = isDescending ? "descending" : "ascending";
    for (const [column, head] of this.#heads) setAttribute(head, "aria-sort", column === order ? words : null);
  }
}

class Row {
  readonly element: HTMLTableRowElement;
  readonly #page: Page;
  readonly #cells: readonly HTMLElement[];
  #shown = "";

  constructor(page: Page, name: string) {
    this.#page = page;
    this.#cells = columns
      .slice(1)
      .map((column) =>
        h("td", { "data-label": page.texts.people.columns[column], class: words.includes(column) ? null : "number" }),
      );
    this.element = h("tr", {}, h("th", { scope: "row" }, personLink(name)), ...this.#cells);
  }

  /** Again when something is different; what is written as "5 minutes ago" is so every minute. */
  update(person: Person): void {
    const shown = `${JSON.stringify(person)} ${Math.floor(Date.now() / 60_000)}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const [index, content] of this.#contents(person).entries()) this.#cells[index]?.replaceChildren(content);
  }

  #contents(person: Person): (Node | string)[] {
    const { amounts } = this.#page;
    const count = (value: number) => amounts.count(value);
    return [
      stateWords(this.#page, person),
      this.#page.figure(known(person.connections), count),
      this.#page.bytes(person.bytes_in),
      this.#page.bytes(person.bytes_out),
      quota(this.#page, person),
      lastSeen(this.#page, person),
      this.#page.figure(person.addresses_today, count),
      person.expires_at === null ? h("span", { class: "quiet" }, "–") : this.#page.ago(person.expires_at),
    ];
  }
}

/** Moves only what stands elsewhere now; the focus stays where it is. */
function replaceRows(body: HTMLElement, rows: readonly HTMLElement[]): void {
  const isSame = body.children.length === rows.length && rows.every((row, index) => body.children[index] === row);
  if (isSame) return;
  const focused = document.activeElement;
  body.replaceChildren(...rows);
  if (focused instanceof HTMLElement && focused !== document.activeElement && body.contains(focused))
    focused.focus({ preventScroll: true });
}
