import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { buildProgram } from "../../../src/cli.ts";

const src = resolve(import.meta.dirname, "../../../src");

/** What follows the name in sentences about the program. */
const prose = new Set(["that", "gives", "knows", "or", "commands"]);

/** `mtproxy WORD` in the texts of a file, comments left out. */
function commandsNamedIn(source: string): string[] {
  const code = source.replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  return [...code.matchAll(/(?:["`'(: ]|^)mtproxy ([a-z]+(?:-[a-z]+)*)(?=[ "`'…,;:)]|$)/gm)].map(
    ([, word = ""]) => word,
  );
}

test("every command that an error or a hint says to type is there to be typed", async () => {
  const program = buildProgram("mtproxy");
  const known = new Set(program.commands.flatMap((it) => [it.name(), ...it.aliases()]));
  const files = (await readdir(src, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const named = await Promise.all(
    files.map(async (file) => commandsNamedIn(await readFile(join(src, file), "utf8")).map((word) => ({ file, word }))),
  );
  const unknown = named.flat().filter(({ word }) => !known.has(word) && !prose.has(word));
  expect(named.flat().length).toBeGreaterThan(40);
  expect(unknown).toEqual([]);
});
