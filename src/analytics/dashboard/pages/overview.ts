import type { Happened, Stats } from "../api/shapes.ts";
import { Busiest } from "../parts/busiest.ts";
import { h, section } from "../parts/dom.ts";
import { edge } from "../parts/edge.ts";
import { events } from "../parts/events.ts";
import { HistoryPanel } from "../parts/history-panel.ts";
import type { Memory } from "../parts/memory.ts";
import { online } from "../parts/online.ts";
import type { Page } from "../parts/page.ts";
import { PeopleTable } from "../parts/people-table.ts";
import { resources } from "../parts/resources.ts";
import { shards } from "../parts/shards.ts";
import { tiles } from "../parts/tiles.ts";
import { timeChoice } from "../parts/time-choice.ts";
import type { View } from "./view.ts";

/** Everything at a glance. */
export function overview(page: Page, memory: Memory): View {
  const { texts } = page;
  const panel = new HistoryPanel(page, { kind: "all", name: "" }, memory.range);
  const busiest = new Busiest(page, memory.range);
  const people = new PeopleTable(page, memory.people, (chosen) => {
    memory.people = chosen;
  });
  const parts = {
    tiles: tiles(page),
    online: online(page),
    people,
    shards: shards(page),
    edge: edge(page),
    resources: resources(page),
  };
  const happened = events(page);
  const time = timeChoice(page, memory, (range) => {
    void panel.choose(range);
    void busiest.choose(range);
  });
  const element = h(
    "main",
    { id: "main", tabindex: -1 },
    h("h1", {}, texts.overview.title),
    parts.tiles.element,
    h(
      "div",
      { class: "split" },
      section("online", texts.people.online, parts.online.element),
      section("over-time", texts.charts.title, time, panel.element),
      section("busiest", texts.charts.byPerson, busiest.element),
      section("resources", texts.resources.title, parts.resources.element),
    ),
    section("shards", texts.shards.title, parts.shards.element),
    h("div", { class: "pair" }, parts.edge.element, section("events", texts.events.title, happened.element)),
    section("people", texts.people.title, parts.people.element),
  );

  return {
    element,
    title: texts.title,
    update: (stats: Stats) => {
      for (const part of Object.values(parts)) part.update(stats);
      void panel.refresh(stats);
      void busiest.refresh(stats);
    },
    happened: (all: readonly Happened[]) => happened.update(all),
    redraw: () => panel.redraw(),
    close: () => panel.close(),
  };
}
