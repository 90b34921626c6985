/** What a shell would make of the assignments in a file, without running anything: `$` and backticks are left as they stand. */
export type Variables = Readonly<Record<string, string | readonly string[]>>;

const ASSIGNMENT = /^[ \t]*(?:export[ \t]+|-[ \t]+|-e[ \t]+|--env[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/;

/** `NAME=value`, `NAME="value"`, `NAME=(one two)`, a line each; the last of a name counts. */
export function readVariables(text: string): Variables {
  const found: Record<string, string | readonly string[]> = {};
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const [, name, value] = ASSIGNMENT.exec(line) ?? [];
    if (name !== undefined && value !== undefined) found[name] = readValue(value.trim());
  }
  return found;
}

/** The text of a variable; undefined where it is empty, a list or not there. */
export function variable(variables: Variables, name: string): string | undefined {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

function readValue(text: string): string | string[] {
  const list = /^\((.*?)\)\s*(?:#.*)?$/.exec(text)?.[1];
  if (list !== undefined) return wordsOf(list);
  return wordsOf(text)[0] ?? "";
}

/** Words as a shell splits them; a comment ends them. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/gs)) {
    if (match[0].startsWith("#")) break;
    words.push(unquoted(match[0]));
  }
  return words;
}

function unquoted(word: string): string {
  return word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs, (_, double, single, escaped) => {
    if (double !== undefined) return String(double).replace(/\\(["\\$`])/g, "$1");
    return single ?? escaped ?? "";
  });
}
