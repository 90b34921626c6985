import type { Happened } from "../api/shapes.ts";
import { happenedWords } from "../figures/happened.ts";
import { h, type Part } from "./dom.ts";
import type { Page } from "./page.ts";

/** The newest first. What the page has no words of its own for is in the server's, which are English. */
export function events(page: Page): Part<readonly Happened[]> {
  const element = h("ol", { class: "events" });
  return {
    element,
    update: (happened) => {
      const items = happened.map((event) => item(page, event));
      element.replaceChildren(...(items.length === 0 ? [h("li", { class: "note" }, page.texts.events.none)] : items));
    },
  };
}

function item({ amounts, texts }: Page, event: Happened): HTMLElement {
  const own = happenedWords(event, texts);
  const words = h("span", { lang: own === undefined ? "en" : null }, own ?? event.words);
  return h("li", {}, h("time", { datetime: new Date(event.at).toISOString() }, amounts.moment(event.at)), " ", words);
}
