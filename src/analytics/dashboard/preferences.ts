import { languages, textsFor } from "./texts/languages.ts";
import type { Texts } from "./texts/texts.ts";

export type Theme = "system" | "light" | "dark";

export const themes: readonly Theme[] = ["system", "light", "dark"];

/** What the reader chose, on this device. The token is for this tab alone. */
const TOKEN = "mtproxy-token";
const LANGUAGE = "mtproxy-language";
const THEME = "mtproxy-theme";

export const token = {
  read: () => sessionStorage.getItem(TOKEN) ?? undefined,
  keep: (value: string) => sessionStorage.setItem(TOKEN, value),
  forget: () => sessionStorage.removeItem(TOKEN),
};

export function chosenTexts(): Texts {
  const chosen = localStorage.getItem(LANGUAGE);
  const isThere = languages.some(({ language }) => language === chosen);
  return textsFor(isThere && chosen !== null ? [chosen] : navigator.languages);
}

/** English is written in several ways: as the browser does, where it speaks the page's language. */
export function localeFor({ language }: Texts): string {
  return navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
}

export function chooseLanguage(language: string): void {
  localStorage.setItem(LANGUAGE, language);
}

export function chosenTheme(): Theme {
  const chosen = localStorage.getItem(THEME);
  return themes.find((theme) => theme === chosen) ?? "system";
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(THEME, theme);
  showTheme();
}

/** The style sheet follows the device where nothing was chosen. */
export function showTheme(): void {
  const theme = chosenTheme();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
