import { known, type Stats } from "../api/shapes.ts";
import { areTold, stateOf } from "../figures/people.ts";
import { h, type Part } from "./dom.ts";
import { type Page, personLink } from "./page.ts";

/** More names are no help: the table has them. */
const MOST = 60;

/** Who is connected now. */
export function online(page: Page): Part<Stats> {
  const element = h("div", { class: "online" });
  return {
    element,
    update: (stats) => {
      const here = stats.users.filter((person) => stateOf(person) === "online");
      const note = page.noteOfPeople(stats);
      if (note !== null) element.replaceChildren(h("p", { class: "note" }, note));
      else if (!areTold(stats.users)) element.replaceChildren(page.figure(null, String, page.whyUntold(stats)));
      else if (here.length === 0) element.replaceChildren(h("p", {}, page.texts.people.nobodyOnline));
      else element.replaceChildren(h("ul", { class: "chips" }, ...chips(page, here)));
    },
  };
}

function chips({ amounts, texts }: Page, here: Stats["users"]): HTMLElement[] {
  const shown = [...here]
    .sort((a, b) => Number(known(b.connections)) - Number(known(a.connections)))
    .slice(0, MOST)
    .map(({ username, connections }) => {
      const open = Number(known(connections));
      const count = h("span", { class: "count", title: texts.people.connections(open) }, amounts.count(open));
      return h("li", {}, personLink(username), " ", count);
    });
  const rest = here.length - shown.length;
  return rest === 0 ? shown : [...shown, h("li", { class: "rest" }, texts.people.more(rest))];
}
