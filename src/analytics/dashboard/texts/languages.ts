import { english } from "./en.ts";
import { russian } from "./ru.ts";
import type { Texts } from "./texts.ts";

export const languages: readonly Texts[] = [english, russian];

/** The first of the wanted languages that the page speaks. @param wanted BCP 47, the best first */
export function textsFor(wanted: readonly string[]): Texts {
  const codes = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  const found = codes.flatMap((code) => languages.filter(({ language }) => language === code));
  return found[0] ?? english;
}
