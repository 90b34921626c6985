import type { Happened } from "../api/shapes.ts";
import { h, type Part } from "./dom.ts";
import type { Page } from "./page.ts";

/** The newest first. The server says them in English. */
export function events(page: Page): Part<readonly Happened[]> {
  const element = h("ol", { class: "events" });
  return {
    element,
    update: (happened) => {
      const items = happened.map(({ at, words }) =>
        h(
          "li",
          {},
          h("time", { datetime: new Date(at).toISOString() }, page.amounts.moment(at)),
          " ",
          h("span", { lang: "en" }, words),
        ),
      );
      element.replaceChildren(...(items.length === 0 ? [h("li", { class: "note" }, page.texts.events.none)] : items));
    },
  };
}
