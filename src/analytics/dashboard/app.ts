import { Api } from "./api/client.ts";
import { Live } from "./api/live.ts";
import type { Happened, Stats } from "./api/shapes.ts";
import { Amounts } from "./figures/amounts.ts";
import { type Condition, freshness } from "./figures/freshness.ts";
import { door, probe } from "./pages/door.ts";
import { overview } from "./pages/overview.ts";
import { personView } from "./pages/person.ts";
import type { View } from "./pages/view.ts";
import { Memory } from "./parts/memory.ts";
import { Page } from "./parts/page.ts";
import { chooseLanguage, chooseTheme, chosenTexts, localeFor, showTheme, type Theme, token } from "./preferences.ts";
import { Shell } from "./shell.ts";
import type { Texts } from "./texts/texts.ts";

const MOST_EVENTS = 50;

/** The whole dashboard: the door, then pages that figures flow into. */
export class App {
  readonly #root: HTMLElement;
  readonly #memory = new Memory();
  #texts: Texts = chosenTexts();
  #amounts = new Amounts(localeFor(this.#texts));
  #shell: Shell;
  #api: Api | undefined;
  #live: Live | undefined;
  #view: View | undefined;
  #stats: Stats | undefined;
  #events: readonly Happened[] = [];
  #condition: Condition = "connecting";
  /** What the server says, where it gives no figures. */
  #why = "";
  /** Unix milliseconds: since when nobody answers. */
  #awaySince = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#shell = this.#makeShell();
  }

  async start(): Promise<void> {
    showTheme();
    this.#speak();
    window.addEventListener("hashchange", () => this.#showView(true));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#view?.redraw());
    window.setInterval(() => this.#sayCondition(), 5000);
    this.#shell.say({ mood: "waiting", words: this.#texts.live.connecting, looked: "" });
    this.#root.replaceChildren(this.#shell.element);
    const kept = token.read();
    const fault = await probe(new Api(kept));
    if (fault === "token" || fault === "too many")
      this.#showDoor(kept === undefined ? "" : this.#texts.door.notAnyMore);
    else this.#enter(kept);
  }

  #enter(kept: string | undefined): void {
    this.#api = new Api(kept);
    this.#live?.close();
    this.#live = new Live(this.#api, {
      onStats: (stats) => this.#takeStats(stats),
      onOpen: () => void this.#readEvents(),
      onHappened: (event) => this.#takeEvents([event, ...this.#events]),
      onCondition: (condition, why) => this.#takeCondition(condition, why),
      onRefused: () => this.#leave(this.#texts.door.notAnyMore),
    });
    this.#condition = "connecting";
    this.#live.start();
    this.#shell.showToken(kept !== undefined);
    this.#showView(true);
  }

  #leave(words = ""): void {
    token.forget();
    this.#live?.close();
    this.#live = undefined;
    this.#api = undefined;
    this.#stats = undefined;
    this.#events = [];
    this.#showDoor(words);
  }

  #showDoor(words: string): void {
    this.#closeView();
    const element = door(
      this.#texts,
      (entered) => {
        token.keep(entered);
        this.#enter(entered);
      },
      words,
    );
    this.#shell.showToken(false);
    this.#shell.say({ mood: "waiting", words: "", looked: "" });
    document.title = this.#texts.title;
    this.#root.replaceChildren(this.#shell.element, element);
    element.querySelector("input")?.focus();
  }

  /** @param moves the reader went there: what is read aloud begins at its heading */
  #showView(moves: boolean): void {
    if (this.#api === undefined) return;
    this.#closeView();
    const page = new Page(this.#api, this.#texts, this.#amounts);
    const name = nameInAddress();
    const view = name === undefined ? overview(page, this.#memory) : personView(page, this.#memory, name);
    this.#view = view;
    document.title = view.title;
    this.#root.replaceChildren(this.#shell.element, view.element);
    if (this.#stats !== undefined) view.update(this.#stats);
    view.happened(this.#events);
    this.#sayCondition();
    if (!moves) return;
    window.scrollTo(0, 0);
    view.element.focus({ preventScroll: true });
  }

  #closeView(): void {
    this.#view?.close();
    this.#view = undefined;
  }

  #takeStats(stats: Stats): void {
    this.#stats = stats;
    this.#view?.update(stats);
    this.#sayCondition();
  }

  /** Without history there are only those that happen from here on. */
  async #readEvents(): Promise<void> {
    const events = await this.#api?.recent(MOST_EVENTS).catch(() => undefined);
    if (events !== undefined) this.#takeEvents(events);
  }

  #takeEvents(events: readonly Happened[]): void {
    this.#events = events.slice(0, MOST_EVENTS);
    this.#view?.happened(this.#events);
  }

  #takeCondition(condition: Condition, why = ""): void {
    if (condition === "away" && this.#condition !== "away") this.#awaySince = this.#api?.now() ?? Date.now();
    this.#condition = condition;
    this.#why = why;
    this.#sayCondition();
  }

  #sayCondition(): void {
    if (this.#view === undefined) return;
    const lookedAt = this.#stats === undefined ? undefined : Date.parse(this.#stats.timestamp);
    const now = this.#api?.now() ?? Date.now();
    const moments = { now, lookedAt, awaySince: this.#awaySince, why: this.#why };
    this.#shell.say(freshness(this.#condition, moments, this.#texts, this.#amounts));
  }

  #makeShell(): Shell {
    return new Shell(this.#texts, {
      onLanguage: (language) => this.#changeLanguage(language),
      onTheme: (theme) => this.#changeTheme(theme),
      onLeave: () => this.#leave(),
    });
  }

  #changeTheme(theme: Theme): void {
    chooseTheme(theme);
    this.#view?.redraw();
  }

  #changeLanguage(language: string): void {
    chooseLanguage(language);
    this.#texts = chosenTexts();
    this.#amounts = new Amounts(localeFor(this.#texts));
    this.#speak();
    this.#shell = this.#makeShell();
    if (this.#api === undefined) this.#showDoor("");
    else {
      this.#shell.showToken(token.read() !== undefined);
      this.#showView(false);
    }
    this.#shell.element.querySelector("select")?.focus();
  }

  #speak(): void {
    document.documentElement.lang = this.#texts.language;
  }
}

/** `#/people/NAME`. */
function nameInAddress(): string | undefined {
  const [, name] = /^#\/people\/(.+)$/.exec(window.location.hash) ?? [];
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
