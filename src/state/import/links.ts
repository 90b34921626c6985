import { readClientText } from "./client-text.ts";
import { type Candidate, type ImportFormat, sortOut } from "./source.ts";

/** A list of links or secrets in any form that clients take, one a line, with a name before it or without: `alice tg://proxy?…`. */
export const links: ImportFormat = {
  title: "a list of links",
  matches: ({ text }) => linesOf(text).some(isReadable),
  read: ({ text }) => {
    const candidates = linesOf(text).map((line): Candidate => {
      const [name, secret] = splitLine(line);
      const { server, port } = isReadable(line) ? readClientText(secret) : {};
      return {
        what: name ?? `line ${numberOf(text, line)}`,
        name,
        server,
        port,
        read: () => pick(readClientText(secret)),
      };
    });
    return { ...sortOut(candidates), settings: {}, notes: [] };
  },
};

function pick({ secret, otherLink }: ReturnType<typeof readClientText>) {
  return otherLink === undefined ? { secret } : { secret, otherLink };
}

function linesOf(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** The last word is the link; what stands before it, without punctuation, is a name. */
function splitLine(line: string): [string | undefined, string] {
  const [, before = "", last = ""] = /^(.*?)[\s,;|]*(\S+)$/.exec(line) ?? [];
  const name = before.replace(/[\s:=,;|"'-]+$/, "").replace(/^["'\s*-]+/, "");
  return [name === "" ? undefined : name, last.replace(/^["'<(]|[>"',;)]+$/g, "")];
}

function isReadable(line: string): boolean {
  try {
    readClientText(splitLine(line)[1]);
    return true;
  } catch {
    return false;
  }
}

function numberOf(text: string, line: string): number {
  return text.split(/\r?\n/).findIndex((other) => other.trim() === line) + 1;
}
