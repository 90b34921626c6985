import type { Freshness } from "./figures/freshness.ts";
import { announcement, button, h, setText } from "./parts/dom.ts";
import { chosenTheme, type Theme, themes } from "./preferences.ts";
import { languages } from "./texts/languages.ts";
import type { Texts } from "./texts/texts.ts";

export interface ShellActions {
  onLanguage(language: string): void;
  onTheme(theme: Theme): void;
  onLeave(): void;
}

/** What stands above every page: whether the figures are live, and how the reader wants them. */
export class Shell {
  readonly element: HTMLElement;
  readonly #condition = announcement();
  readonly #looked = h("span", { class: "looked" });
  readonly #leave: HTMLButtonElement;

  constructor(texts: Texts, actions: ShellActions) {
    const language = select(
      texts.chooseLanguage,
      languages.map(({ language, languageName }) => [language, languageName]),
      texts.language,
      actions.onLanguage,
    );
    const theme = select(
      texts.theme.label,
      themes.map((name) => [name, texts.theme[name]]),
      chosenTheme(),
      (name) => actions.onTheme(name as Theme),
    );
    this.#leave = button(texts.leave, actions.onLeave);
    this.#condition.classList.add("condition");
    this.element = h(
      "header",
      {},
      h("a", { href: "#main", class: "skip" }, texts.skip),
      h("span", { class: "brand" }, texts.title),
      h("div", { class: "condition-line" }, this.#condition, this.#looked),
      h("div", { class: "choices" }, language, theme, this.#leave),
    );
    this.element.querySelector(".skip")?.addEventListener("click", skip);
    this.showToken(false);
  }

  say({ mood, words, looked }: Freshness): void {
    this.element.dataset.mood = mood;
    setText(this.#condition, words);
    setText(this.#looked, looked);
  }

  /** Whether there is a token to forget. */
  showToken(isThere: boolean): void {
    this.#leave.hidden = !isThere;
  }
}

/** The address names a page: it is not for jumping within one. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function select(
  label: string,
  options: readonly (readonly [string, string])[],
  chosen: string,
  onChoose: (value: string) => void,
): HTMLElement {
  const list = options.map(([value, text]) => h("option", { value, selected: value === chosen }, text));
  const element = h("select", { "aria-label": label, title: label }, ...list);
  element.addEventListener("change", () => onChoose(element.value));
  return element;
}
