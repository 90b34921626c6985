/**
 * A JSON object or array as the text it is: taking apart and putting together gives the same bytes, whatever the style. The text
 * is valid JSON (JSON.parse read it before), so nothing is checked here.
 */
export interface Sequence {
  readonly open: "{" | "[";
  readonly items: readonly Item[];
  /** Blanks before the closing bracket; everything inside when there are no items. */
  readonly tail: string;
}

export interface Item {
  /** What stands before: blanks, and from the second item on the comma. */
  readonly lead: string;
  /** An element, or a member from its name to its value. */
  readonly body: string;
}

/** What an item gets before and behind when it is the only one. */
export interface Padding {
  readonly lead: string;
  readonly tail: string;
}

/** A sequence inside a longer text, and where it ends. */
export interface Found {
  readonly sequence: Sequence;
  /** Index behind the closing bracket. */
  readonly end: number;
}

/** @param endOf finds the end of an item; given where a reader wants to see the items on the way */
export function findSequence(text: string, start: number, endOf = endOfItem): Found {
  const items: Item[] = [];
  let at = start + 1;
  for (;;) {
    const next = skipBlanks(text, at);
    const begin = text[next] === "," ? skipBlanks(text, next + 1) : next;
    if (isClosing(text.charCodeAt(begin))) break;
    const end = endOf(text, begin);
    items.push({ lead: text.slice(at, begin), body: text.slice(begin, end) });
    at = end;
  }
  const close = skipBlanks(text, at);
  const open = text[start] === "[" ? "[" : "{";
  return { sequence: { open, items, tail: text.slice(at, close) }, end: close + 1 };
}

export function readSequence(text: string): Sequence {
  return findSequence(text, 0).sequence;
}

export function writeSequence({ open, items, tail }: Sequence): string {
  const inside = items.map(({ lead, body }) => lead + body).join("");
  return `${open}${inside}${tail}${open === "[" ? "]" : "}"}`;
}

/** With one more item at the end, in the style of those before it; `alone` is how the first one stands. */
export function append(sequence: Sequence, body: string, alone: Padding): Sequence {
  const { items, tail } = sequence;
  if (items.length > 0) return { ...sequence, items: [...items, { lead: separatorOf(sequence, alone), body }] };
  return { ...sequence, items: [{ lead: tail + alone.lead, body }], tail: alone.tail };
}

/** Text between two items: that before the last one, or made from what stands before the only one. */
export function separatorOf({ items }: Sequence, alone: Padding): string {
  const last = items.at(-1);
  return items.length > 1 && last !== undefined ? last.lead : `,${last?.lead ?? alone.lead}`;
}

/** Without some items: the exact way back from `append`. */
export function without(sequence: Sequence, isGone: (item: Item, index: number) => boolean, alone: Padding): Sequence {
  const { items, tail } = sequence;
  const [first, ...rest] = items.filter((item, index) => !isGone(item, index));
  const lead = items[0]?.lead ?? "";
  if (first !== undefined) return { ...sequence, items: [{ lead, body: first.body }, ...rest] };
  if (items.length === 0) return sequence;
  const wasAppended = lead.endsWith(alone.lead) && tail === alone.tail;
  return { ...sequence, items: [], tail: wasAppended ? lead.slice(0, lead.length - alone.lead.length) : "" };
}

export function findMember({ items }: Sequence, name: string): Item | undefined {
  return items.findLast(({ body }) => readMember(body).name === name);
}

/** Of members of one name JSON.parse takes the last: that one is changed. */
export function changeMember(sequence: Sequence, name: string, change: (value: string) => string): Sequence {
  const target = findMember(sequence, name);
  const items = sequence.items.map((item) =>
    item === target ? { ...item, body: changeValue(item.body, change) } : item,
  );
  return { ...sequence, items };
}

function changeValue(body: string, change: (value: string) => string): string {
  const { value } = readMember(body);
  return body.slice(0, body.length - value.length) + change(value);
}

/** Name, the text between it and the value, and the value of a member. */
export function readMember(body: string): { name: string; between: string; value: string } {
  const { name, nameEnd, valueStart } = findMemberStart(body, 0);
  return { name, between: body.slice(nameEnd, valueStart), value: body.slice(valueStart) };
}

export function findMemberStart(text: string, start: number): { name: string; nameEnd: number; valueStart: number } {
  const nameEnd = endOfString(text, start);
  const valueStart = skipBlanks(text, skipBlanks(text, nameEnd) + 1);
  return { name: JSON.parse(text.slice(start, nameEnd)), nameEnd, valueStart };
}

export function skipBlanks(text: string, at: number): number {
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** End of an element or member: before the next comma or closing bracket outside of everything, blanks not counted. */
export function endOfItem(text: string, start: number): number {
  let at = start;
  for (let depth = 0; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at) - 1;
    else if (isOpening(code)) depth++;
    else if (depth === 0 && (code === 0x2c || isClosing(code))) break;
    else if (isClosing(code)) depth--;
  }
  while (isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}

function isOpening(code: number): boolean {
  return code === 0x7b || code === 0x5b;
}

function isClosing(code: number): boolean {
  return code === 0x7d || code === 0x5d;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}
