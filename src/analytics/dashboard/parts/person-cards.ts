import { ApiError } from "../api/client.ts";
import { known, type Person, type PersonDetails } from "../api/shapes.ts";
import { bar } from "./bar.ts";
import { table } from "./data-table.ts";
import { h } from "./dom.ts";
import { facts } from "./facts.ts";
import type { Page } from "./page.ts";
import { lastSeen, quota, stateWords } from "./person-figures.ts";

/** @param why what is not known here is not known, where that is not said above */
export function figuresOf(page: Page, person: Person, why: string | null): HTMLElement {
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

/** What they may, and how much of it they use. */
export function limitsOf(page: Page, person: Person): HTMLElement {
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

/** What is asked for once: addresses by day, and apps. */
export async function showDetails(page: Page, name: string, days: HTMLElement, apps: HTMLElement): Promise<void> {
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
  const rows = [...households].reverse().map((day) => {
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
