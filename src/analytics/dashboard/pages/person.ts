import type { Stats } from "../api/shapes.ts";
import { h, section, setText } from "../parts/dom.ts";
import { HistoryPanel } from "../parts/history-panel.ts";
import { LinkCard } from "../parts/link-card.ts";
import type { Memory } from "../parts/memory.ts";
import type { Page } from "../parts/page.ts";
import { figuresOf, limitsOf, showDetails } from "../parts/person-cards.ts";
import { timeChoice } from "../parts/time-choice.ts";
import type { View } from "./view.ts";

/** One person: what they use, what they may, and their link. */
export function personView(page: Page, memory: Memory, name: string): View {
  const { texts } = page;
  const panel = new HistoryPanel(page, { kind: "user", name }, memory.range);
  const figures = h("div", { class: "card" });
  const [limits, days, apps] = [h("div"), h("div"), h("div")];
  const link = new LinkCard(page, name);
  const rooms = [section("limits", texts.person.limits, limits), section("link", texts.link.title, link.element)];
  const details = h(
    "div",
    { class: "pair" },
    section("homes", texts.person.homes, days),
    section("apps", texts.person.apps, apps),
  );
  const note = h("p", { class: "note", role: "status" });
  const time = timeChoice(page, memory, (range) => void panel.choose(range));
  const element = h(
    "main",
    { id: "main", tabindex: -1 },
    h("p", {}, h("a", { href: "#/" }, `← ${texts.person.back}`)),
    h("h1", { class: "name" }, name),
    note,
    figures,
    section("over-time", texts.charts.title, time, panel.element),
    ...rooms,
    details,
  );
  void showDetails(page, name, days, apps);
  return {
    element,
    title: `${name} – ${texts.title}`,
    update: (stats: Stats) => {
      const person = stats.users.find(({ username }) => username === name);
      for (const part of [figures, ...rooms, details]) part.hidden = person === undefined;
      const why = page.noteOfPeople(stats);
      setText(note, person === undefined ? texts.person.missing : (why ?? ""));
      void panel.refresh(stats);
      link.update(stats);
      if (person === undefined) return;
      figures.replaceChildren(figuresOf(page, person, why === null ? texts.notes.notCounted : null));
      limits.replaceChildren(limitsOf(page, person));
    },
    happened: () => {},
    redraw: () => panel.redraw(),
    close: () => panel.close(),
  };
}
