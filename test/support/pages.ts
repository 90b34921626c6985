import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** A piece of a page that somebody may type. */
export interface Typed {
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** Inside a sentence, where a command may be named without what it takes. */
  readonly isInline: boolean;
}

/** A page of the documentation. */
export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly typed: readonly Typed[];
  /** Targets of its links, but for those to the web. */
  readonly links: readonly string[];
  /** What its headings are called in links. */
  readonly anchors: readonly string[];
  readonly headings: readonly string[];
}

/** README, CONTRIBUTING and everything below docs/. */
export function readPages(): Page[] {
  const below = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  const docs = below.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
  return ["README.md", "CONTRIBUTING.md", ...docs.sort()].map(readPage);
}

export function readPage(path: string): Page {
  const lines = readFileSync(join(root, path), "utf8").split("\n");
  const { prose, typed } = takeApart(lines);
  const text = prose.map(({ text: line }) => line).join("\n");
  const headings = [...text.matchAll(/^#+ +(.+)$/gm)].map(([, heading = ""]) => heading.replaceAll("`", ""));
  return {
    path,
    typed: [...typed, ...prose.flatMap(inlineCode)],
    links: [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, to = ""]) => (/^[a-z]+:/.test(to) ? [] : [to])),
    anchors: headings.map(anchorOf),
    headings,
  };
}

/** Where a link of a page leads, or why nowhere. */
export function brokenLink(page: Page, link: string): string | undefined {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page.path : join(dirname(page.path), file);
  if (!existsSync(join(root, target))) return `${link}: there is no ${target}`;
  if (anchor === undefined || readPage(target).anchors.includes(anchor)) return undefined;
  return `${link}: ${target} has no such heading`;
}

interface Line {
  readonly text: string;
  readonly line: number;
}

/**
 * In a block marked `sh` every line is typed, a backslash at its end joins the next one; in any other block those are that start with
 * `$ ` or `# `, as in a terminal, and the rest is what came out.
 */
function takeApart(lines: readonly string[]): { prose: Line[]; typed: Typed[] } {
  const [prose, typed]: [Line[], Typed[]] = [[], []];
  let block: string | undefined;
  lines.forEach((text, index) => {
    const line = index + 1;
    const [, fence] = /^\s*```(\w*)\s*$/.exec(text) ?? [];
    if (fence !== undefined) block = block === undefined ? fence : undefined;
    else if (block === undefined) prose.push({ text, line });
    else if (block === "sh" && text.trim() !== "") typed.push({ text, line, isInline: false });
    else if (text.startsWith("$ ")) typed.push({ text: text.slice(2), line, isInline: false });
  });
  return { prose, typed };
}

function inlineCode({ text, line }: Line): Typed[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => ({ text: code, line, isInline: true }));
}

/** As GitHub makes them. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}
