import { type Child, h } from "./dom.ts";

/** The same figures as a chart, for those who cannot see it, or want to read them. Made when it is opened. */
export class DataTable {
  readonly element: HTMLDetailsElement;
  readonly #caption: string;
  readonly #headings: () => readonly string[];
  readonly #rows: () => Child[][];
  readonly #place = h("div", { class: "scroll", tabindex: 0 });

  /** @param rows the first cell of each is its heading */
  constructor(words: { open: string; caption: string; headings: () => readonly string[] }, rows: () => Child[][]) {
    this.#caption = words.caption;
    this.#headings = words.headings;
    this.#rows = rows;
    this.#place.setAttribute("role", "group");
    this.#place.setAttribute("aria-label", words.caption);
    this.element = h("details", {}, h("summary", {}, `${words.open}: ${words.caption}`), this.#place);
    this.element.addEventListener("toggle", () => this.update());
  }

  /** What it shows is not what it was. */
  update(): void {
    if (this.element.open) this.#place.replaceChildren(table(this.#caption, this.#headings(), this.#rows()));
  }
}

/** @param rows the first cell of each is its heading */
export function table(caption: string, headings: readonly string[], rows: readonly Child[][]): HTMLTableElement {
  return h(
    "table",
    {},
    h("caption", { class: "hidden" }, caption),
    h("thead", {}, h("tr", {}, ...headings.map((heading) => h("th", { scope: "col" }, heading)))),
    h("tbody", {}, ...rows.map((cells) => tableRow(headings, cells))),
  );
}

function tableRow(headings: readonly string[], [first = null, ...cells]: readonly Child[]): HTMLElement {
  const rest = cells.map((cell, index) => h("td", { "data-label": headings[index + 1] ?? null }, cell));
  return h("tr", {}, h("th", { scope: "row" }, first), ...rest);
}
