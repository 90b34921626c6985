import type { Api } from "../api/client.ts";
import type { Stats } from "../api/shapes.ts";
import type { Amounts } from "../figures/amounts.ts";
import type { Texts } from "../texts/texts.ts";
import { h } from "./dom.ts";

/** What every part of the page is made with: the words, figures in the reader's language, and the API. */
export class Page {
  readonly api: Api;
  readonly texts: Texts;
  readonly amounts: Amounts;

  constructor(api: Api, texts: Texts, amounts: Amounts) {
    this.api = api;
    this.texts = texts;
    this.amounts = amounts;
  }

  /** A figure, or in words that it is not known, and why. @param write in the reader's language */
  figure<T>(value: T | null | undefined, write: (value: T) => string, why: string | null = null): HTMLElement {
    if (value !== null && value !== undefined) return h("span", {}, write(value));
    const words = h("span", { class: "unknown" }, this.texts.unknown);
    if (why !== null) words.append(h("span", { class: "why" }, ` (${why})`));
    return words;
  }

  /** Why nobody knows which proxies run; null where that is known. */
  noteOfShards({ mtproxy: { running } }: Pick<Stats, "mtproxy">): string | null {
    return running === null ? this.texts.notes.engineSilent : null;
  }

  /** Why there are no figures of people; null where there are. Only what is not of our own words stays in English. */
  noteOfPeople({ users_note: note, mtproxy: { routing } }: Pick<Stats, "users_note" | "mtproxy">): string | null {
    return note !== null && routing === "direct" ? this.texts.notes.needsHaproxy : note;
  }

  /** Why nobody tells who is connected. */
  whyUntold(stats: Pick<Stats, "users_note" | "mtproxy">): string {
    const { noHaproxy, engine } = this.texts.notes;
    return this.noteOfPeople(stats) ?? (stats.mtproxy.routing === "edge" ? noHaproxy : engine);
  }

  /** A number of bytes that tells the exact one too. */
  bytes(value: number | null | undefined, why: string | null = null): HTMLElement {
    if (value === null || value === undefined) return this.figure(value, String, why);
    const exactly = this.texts.person.exactly(this.amounts.count(value));
    return h("data", { value, title: exactly }, this.amounts.bytes(value));
  }

  /** @param iso ISO 8601 */
  ago(iso: string): HTMLElement {
    const at = Date.parse(iso);
    return h("time", { datetime: iso, title: this.amounts.moment(at) }, this.amounts.relative(at - this.api.now()));
  }
}

/** Where somebody's page is. */
export function personAddress(name: string): string {
  return `#/people/${encodeURIComponent(name)}`;
}

/** Who is meant by a name in the history: somebody of now, somebody who had the name before, or a shared secret. */
export function accountLink({ texts }: Page, name: string): HTMLElement {
  const [, secret] = /^secret:(.+)$/.exec(name) ?? [];
  if (secret !== undefined) return h("span", { class: "name" }, texts.people.shared(secret === "*" ? "" : secret));
  const [, former] = /^(.+)@\d{8}T[\d.]+Z$/.exec(name) ?? [];
  const words = former === undefined ? name : texts.people.former(former);
  return h("a", { href: personAddress(name), class: "name" }, words);
}

export function personLink(name: string): HTMLAnchorElement {
  return h("a", { href: personAddress(name), class: "name" }, name);
}
