import { ApiError } from "../api/client.ts";
import { known, type Person, type PersonDetails, type Stats } from "../api/shapes.ts";
import { rangeNames } from "../figures/ranges.ts";
import { bar } from "../parts/bar.ts";
import { choice } from "../parts/choice.ts";
import { table } from "../parts/data-table.ts";
import { h, section, setText } from "../parts/dom.ts";
import { facts } from "../parts/facts.ts";
import { HistoryPanel } from "../parts/history-panel.ts";
import { LinkCard } from "../parts/link-card.ts";
import type { Page } from "../parts/page.ts";
import { lastSeen, quota, stateWords } from "../parts/person-figures.ts";
import type { Memory } from "./memory.ts";
import type { View } from "./view.ts";

/** One person: what they use, what they may, and their link. */
export function personView(page: Page, memory: Memory, name: string): View {
  const { texts } = page;
  const panel = new HistoryPanel(page, { kind: "user", name }, memory.range);
  const figures = h("div", { class: "card" });
  const [limits, days, apps] = [h("div"), h("div"), h("div")];
  const rooms = [
    section("limits", texts.person.limits, limits),
    section("link", texts.link.title, new LinkCard(page, name).element),
  ];
  const note = h("p", { class: "note", role: "status" });
  const time = choice(
    texts.charts.range,
    rangeNames.map((value) => ({ value, text: texts.charts.ranges[value] })),
    memory.range,
    (range) => {
      memory.range = range;
      void panel.choose(range);
    },
  );
  const element = h(
    "main",
    { id: "main", tabindex: -1 },
    h("p", {}, h("a", { href: "#/" }, `← ${texts.person.back}`)),
    h("h1", { class: "name" }, name),
    note,
    figures,
    section("over-time", texts.charts.title, time, panel.element),
    ...rooms,
    h("div", { class: "pair" }, section("homes", texts.person.homes, days), section("apps", texts.person.apps, apps)),
  );
  void showDetails(page, name, days, apps);
  return {
    element,
    title: `${name} – ${texts.title}`,
    update: (stats: Stats) => {
      const person = stats.users.find(({ username }) => username === name);
      const missing = person === undefined ? texts.person.missing : "";
      setText(note, missing || (page.noteOfPeople(stats) ?? ""));
      for (const part of [figures, ...rooms]) part.hidden = person === undefined;
      figures.replaceChildren(
        ...(person === undefined
          ? []
          : [figuresOf(page, person, stats.users_note === null ? texts.notes.notCounted : null)]),
      );
      limits.replaceChildren(...(person === undefined ? [] : [limitsOf(page, person)]));
      void panel.refresh();
    },
    happened: () => {},
    redraw: () => panel.redraw(),
    close: () => panel.close(),
  };
}

/** @param why what is not known here is not known, where that is not said above */
function figuresOf(page: Page, person: Person, why: string | null): HTMLElement {
  const { texts, amounts } = page;
  const words = texts.people.columns;
  const exactly = (bytes: number | null) =>
    page.figure(bytes, (value) => `${amounts.bytes(value)} (${texts.person.exactly(amounts.count(value))})`, why);
  const count = (value: number) => amounts.count(value);
  return facts([
    [words.state, stateWords(page, person)],
    [words.connections, page.figure(known(person.connections), count, why)],
    [words.from, exactly(person.bytes_in)],
    [words.to, exactly(person.bytes_out)],
    [texts.person.total, page.figure(person.total_connections, count, why)],
    [words.seen, lastSeen(page, person)],
    [words.homes, page.figure(person.addresses_today, count, why)],
    person.expires_at === null ? null : [words.expiry, page.ago(person.expires_at)],
  ]);
}

function limitsOf(page: Page, person: Person): HTMLElement {
  const { texts, amounts } = page;
  const { limits, connections, addresses_today: addresses } = person;
  const words = texts.person;
  const period = limits?.quota === undefined ? "" : `, ${words.periods(limits.quota.period)}`;
  return facts([
    [`${words.quota}${period}`, quota(page, person)],
    [words.mostConnections, bounded(known(connections), limits?.connections)],
    [words.mostHomes, bounded(addresses, limits?.addresses)],
    [words.rate, limits?.rate === undefined ? texts.unlimited : amounts.rate(limits.rate)],
  ]);

  function bounded(now: number | null, most: number | undefined): HTMLElement | string {
    if (most === undefined) return texts.unlimited;
    return now === null ? amounts.count(most) : bar(now / most, words.of(amounts.count(now), amounts.count(most)));
  }
}

async function showDetails(page: Page, name: string, days: HTMLElement, apps: HTMLElement): Promise<void> {
  try {
    const details = await page.api.person(name);
    days.replaceChildren(h("p", { class: "note" }, page.texts.person.homesHelp), homesOf(page, details));
    apps.replaceChildren(appsOf(page, details));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    for (const place of [days, apps]) place.replaceChildren(page.figure(null, String, error.message));
  }
}

function homesOf(page: Page, { households, history_note: note }: PersonDetails): HTMLElement {
  const { person } = page.texts;
  if (households === null) return page.figure(null, String, note);
  if (households.length === 0) return h("p", {}, person.homesNone);
  const most = Math.max(...households.map((day) => day.households));
  const rows = households.toReversed().map((day) => {
    const line = bar(day.households / most, page.amounts.count(day.households));
    line.classList.add("plain");
    return [day.day, line];
  });
  return table(person.homes, [person.day, person.homes], rows);
}

function appsOf(page: Page, { apps, history_note: note }: PersonDetails): HTMLElement {
  if (apps === null) return page.figure(null, String, note);
  if (apps.length === 0) return h("p", {}, page.texts.person.appsNone);
  return facts(apps.map(({ family, count }) => [family, page.amounts.count(count)]));
}
