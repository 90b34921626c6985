import { ApiError } from "../api/client.ts";
import type { Link, Stats } from "../api/shapes.ts";
import { announcement, button, h, type Part, setText } from "./dom.ts";
import type { Page } from "./page.ts";

/** A person's link and QR code: asked for on a click, gone from the page with the next one. */
export class LinkCard implements Part<Stats> {
  readonly element: HTMLElement;
  readonly #page: Page;
  readonly #name: string;
  readonly #place = h("div");
  readonly #said = announcement();
  readonly #toggle: HTMLButtonElement;
  #isShown = false;
  /** Neither a proxy nor HAProxy is known not to run. */
  #isOpen = true;

  constructor(page: Page, name: string) {
    this.#page = page;
    this.#name = name;
    this.#toggle = button(page.texts.link.show, () => void this.#switch(), { "aria-expanded": "false" });
    this.element = h(
      "div",
      { class: "link-card" },
      h("p", {}, page.texts.link.explanation),
      this.#toggle,
      this.#said,
      this.#place,
    );
  }

  update({ mtproxy, edge }: Stats): void {
    this.#isOpen = mtproxy.running !== false && edge?.running !== false;
  }

  async #switch(): Promise<void> {
    if (this.#isShown) return this.#show(undefined);
    this.#toggle.disabled = true;
    try {
      this.#show(await this.#page.api.link(this.#name));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setText(this.#said, this.#page.texts.link.failed(error.message));
    } finally {
      this.#toggle.disabled = false;
    }
  }

  #show(link: Link | undefined): void {
    const { texts } = this.#page;
    this.#isShown = link !== undefined;
    setText(this.#toggle, this.#isShown ? texts.link.hide : texts.link.show);
    this.#toggle.setAttribute("aria-expanded", String(this.#isShown));
    setText(this.#said, link === undefined ? "" : this.#warning(link));
    this.#place.replaceChildren(...(link === undefined ? [] : this.#contents(link)));
  }

  /** Why the link does not work now; empty when it does. */
  #warning({ enabled, refusal }: Link): string {
    const { link, people } = this.#page.texts;
    if (!enabled) return link.disabled;
    if (refusal !== null) return link.refused(people.refusals[refusal] ?? refusal);
    return this.#isOpen ? "" : link.down;
  }

  #contents({ link, tme_link: tme, qr_svg: svg }: Link): HTMLElement[] {
    const { texts } = this.#page;
    // As a picture an SVG can neither run scripts nor fetch anything.
    const picture = h("img", { class: "qr", alt: texts.link.qr(this.#name), width: 300, height: 300 });
    picture.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    return [this.#line(texts.link.tg, link), this.#line(texts.link.tme, tme), picture];
  }

  #line(label: string, value: string): HTMLElement {
    const input = h("input", { type: "text", readonly: true, value, spellcheck: "false", autocomplete: "off" });
    input.addEventListener("focus", () => input.select());
    const copy = button(this.#page.texts.link.copy, () => void this.#copy(input), {
      "aria-label": `${this.#page.texts.link.copy}: ${label}`,
    });
    return h("p", { class: "copy-line" }, h("label", {}, `${label} `, input), copy);
  }

  /** Browsers give the clipboard to pages from https and from this machine only. */
  async #copy(input: HTMLInputElement): Promise<void> {
    const { texts } = this.#page;
    try {
      await navigator.clipboard.writeText(input.value);
      setText(this.#said, texts.link.copied);
    } catch {
      input.focus();
      input.select();
      setText(this.#said, texts.link.select);
    }
  }
}
