import { describe, expect, test } from "vitest";
import { languages, textsFor } from "../../../../../src/analytics/dashboard/texts/languages.ts";

/** Every text, also what a text with figures in it says for some of them. */
function sentences(texts: unknown, path = ""): [string, string][] {
  if (typeof texts === "string") return [[path, texts]];
  if (typeof texts === "function")
    return [1, 2, 5, 21].map((count) => [`${path}(${count})`, String(texts(count, count, "7d"))]);
  return Object.entries(texts as object).flatMap(([name, value]) => sentences(value, `${path}/${name}`));
}

describe("the dashboard's languages", () => {
  test("say everything in their own words", () => {
    const [english, russian] = languages.map((texts) => new Map(sentences(texts)));
    expect(languages.map(({ language }) => language)).toEqual(["en", "ru"]);
    expect([...(russian?.keys() ?? [])]).toEqual([...(english?.keys() ?? [])]);
    const same = [...(english ?? [])].filter(([path, text]) => russian?.get(path) === text).map(([path]) => path);
    expect(same).toEqual(["/title", "/edge/title"]);
    for (const text of russian?.values() ?? []) expect(text).not.toBe("");
  });

  test("decline what they count", () => {
    const connections = textsFor(["ru"]).people.connections;
    expect([1, 2, 5, 11, 21].map(connections)).toEqual([
      "1 соединение",
      "2 соединения",
      "5 соединений",
      "11 соединений",
      "21 соединение",
    ]);
  });

  test("are chosen as the browser wants them, English where it speaks neither", () => {
    expect(textsFor(["de", "ru-RU", "en"]).language).toBe("ru");
    expect(textsFor(["en-GB", "ru"]).language).toBe("en");
    expect(textsFor(["fa"]).language).toBe("en");
  });
});
