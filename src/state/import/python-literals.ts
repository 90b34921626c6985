/** A Python value as data. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

/**
 * The assignments of literals at the left edge of a Python file: texts, numbers, True, False, None, dicts, lists, tuples and sets.
 * Nothing is run; an assignment of anything else (a call, a sum) is named in `computed`, and every other statement is passed over.
 */
export interface PythonModule {
  readonly values: ReadonlyMap<string, PythonValue>;
  readonly computed: ReadonlySet<string>;
}

export function readPython(text: string): PythonModule {
  const values = new Map<string, PythonValue>();
  const computed = new Set<string>();
  const reader = new Reader(text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n"));
  while (!reader.isAtEnd) {
    const name = reader.assignedName();
    if (name !== undefined) {
      const value = reader.literalLine();
      values.delete(name);
      computed.delete(name);
      if (value === undefined) computed.add(name);
      else values.set(name, value);
    }
    reader.skipStatement();
  }
  return { values, computed };
}

const MAX_DEPTH = 32;
const CLOSING = { "{": "}", "[": "]", "(": ")" } as const;
const WORDS = new Map<string, PythonValue>([
  ["True", true],
  ["False", false],
  ["None", null],
]);

class NoLiteral extends Error {}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** `NAME =` at the start of a line. */
  assignedName(): string | undefined {
    const [all, name] = this.#match(/([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=(?!=)/y) ?? [];
    if (all !== undefined) this.#at += all.length;
    return name;
  }

  /** A literal and nothing behind it on its line. */
  literalLine(): PythonValue | undefined {
    const start = this.#at;
    try {
      this.#blanks(false);
      const value = this.#value(0);
      this.#blanks(false);
      if (this.isAtEnd || this.#text[this.#at] === "\n" || this.#text[this.#at] === ";") return value;
    } catch (error) {
      if (!(error instanceof NoLiteral)) throw error;
    }
    this.#at = start;
    return undefined;
  }

  /** To the start of the next line that is not inside of brackets or a text. */
  skipStatement(): void {
    let depth = 0;
    while (!this.isAtEnd) {
      const character = this.#text[this.#at] ?? "";
      if (character === "\n" && depth <= 0) break;
      if (character === '"' || character === "'") {
        this.#skipString();
        continue;
      }
      if (character === "#") {
        this.#at += this.#match(/#[^\n]*/y)?.[0].length ?? 1;
        continue;
      }
      if ("{[(".includes(character)) depth += 1;
      if ("}])".includes(character)) depth -= 1;
      this.#at += character === "\\" ? 2 : 1;
    }
    this.#at += 1;
  }

  #value(depth: number): PythonValue {
    const character = this.#text[this.#at] ?? "";
    if (depth > MAX_DEPTH) throw new NoLiteral();
    if (character === "{" || character === "[" || character === "(") return this.#sequence(character, depth + 1);
    if (this.#match(/[rRuUbB]?["']/y)) return this.#strings(depth);
    return this.#number() ?? this.#word();
  }

  #sequence(open: keyof typeof CLOSING, depth: number): PythonValue {
    const items: PythonValue[] = [];
    const entries: [string, PythonValue][] = [];
    this.#at += 1;
    for (;;) {
      this.#blanks(true);
      if (this.#take(CLOSING[open])) break;
      const first = this.#value(depth);
      this.#blanks(true);
      if (open === "{" && this.#take(":")) {
        this.#blanks(true);
        entries.push([String(first), this.#value(depth)]);
        this.#blanks(true);
      } else items.push(first);
      if (this.#take(",")) continue;
      if (this.#take(CLOSING[open])) break;
      throw new NoLiteral();
    }
    // `("text")` is the text itself, `("text",)` is not; nobody who configures a proxy means the latter.
    if (open === "(" && items.length === 1) return items[0] ?? null;
    return open === "{" && items.length === 0 ? Object.fromEntries(entries) : items;
  }

  /** Texts that stand side by side are one. */
  #strings(depth: number): string {
    let all = "";
    while (this.#match(/[rRuUbB]?["']/y)) {
      all += this.#string();
      const end = this.#at;
      this.#blanks(depth > 0);
      if (!this.#match(/[rRuUbB]?["']/y)) {
        this.#at = end;
        break;
      }
    }
    return all;
  }

  #string(): string {
    const raw = this.#match(/[rR]/y) !== null;
    if (this.#match(/[rRuUbB]/y)) this.#at += 1;
    const body = this.#match(/("""|''')([\s\S]*?)(?<!\\)\1|(["'])((?:\\[\s\S]|(?!\3)[^\\\n])*)\3/y);
    if (body === null) throw new NoLiteral();
    this.#at += body[0].length;
    const text = body[2] ?? body[4] ?? "";
    return raw ? text : text.replace(/\\(\n|x[0-9a-fA-F]{2}|.)/gs, (_, escaped: string) => unescaped(escaped));
  }

  #number(): number | undefined {
    const [digits] = this.#match(/[+-]?(?:0[xX][0-9a-fA-F]+|\d[\d_]*(?:\.\d*)?)(?![\w.])/y) ?? [];
    if (digits === undefined) return undefined;
    this.#at += digits.length;
    return Number(digits.replaceAll("_", ""));
  }

  #word(): PythonValue {
    const [word = ""] = this.#match(/[A-Za-z]+(?!\w)/y) ?? [];
    const value = WORDS.get(word);
    if (value === undefined) throw new NoLiteral();
    this.#at += word.length;
    return value;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  /** Blanks and comments; line breaks too inside of brackets. */
  #blanks(lines: boolean): void {
    const blanks = this.#match(lines ? /(?:\s|\\\n|#[^\n]*)*/y : /(?:[ \t]|\\\n|#[^\n]*)*/y);
    this.#at += blanks?.[0].length ?? 0;
  }

  #skipString(): void {
    const string = this.#match(/("""|''')[\s\S]*?(?:(?<!\\)\1|$)|(["'])(?:\\[\s\S]|(?!\2)[^\\\n])*\2?/y);
    this.#at += Math.max(1, string?.[0].length ?? 1);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "\n": "",
};

function unescaped(escaped: string): string {
  if (escaped.length === 3) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return ESCAPES[escaped] ?? `\\${escaped}`;
}
