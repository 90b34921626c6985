import fc from "fast-check";
import { expect, test } from "vitest";
import { type PythonValue, readPython } from "../../../../src/state/import/python-literals.ts";

const readValue = (text: string) => readPython(`X = ${text}\n`).values.get("X");

test.each<[string, PythonValue]>([
  ["443", 443],
  ["0x1f", 31],
  ["1_000", 1000],
  ["-2.5", -2.5],
  ["True", true],
  ["None", null],
  ['"a\\"b"', 'a"b'],
  ["'a' 'b'", "ab"],
  ['r"a\\n"', "a\\n"],
  ["b'\\x41'", "A"],
  ["'''one\ntwo'''", "one\ntwo"],
  ["(1, 2,)", [1, 2]],
  ["('one')", "one"],
  ["[1, [2, {}]]", [1, [2, {}]]],
  ["{'a': 1, # first\n  'b': {'c': None},\n}", { a: 1, b: { c: null } }],
])("%s is %j", (text, value) => {
  expect(readValue(text)).toEqual(value);
});

test.each(["f()", "1 + 1", "[x for x in y]", "a.b", '"a" % 1', "{**x}", "lambda: 1", '"no end', "{1", "-", "Truely"])(
  "%s is no literal, and the next line is read all the same",
  (text) => {
    const { values, computed } = readPython(`X = ${text}\n${/["{]/.test(text) ? '"}\n' : ""}Y = 2\n`);
    expect(values.has("X")).toBe(false);
    expect(computed.has("X")).toBe(true);
    if (!/no end|\{1/.test(text)) expect(values.get("Y")).toBe(2);
  },
);

test("the last assignment at the left edge counts; those inside of functions, texts and brackets are none", () => {
  const text = 'A = 1\nA = 2\ndef f():\n    A = 3\n"""\nA = 4\n"""\nf(\nA = 5\n)\nB: int = 6\nif A == 7: pass\n';
  expect([...readPython(text).values]).toEqual([
    ["A", 2],
    ["B", 6],
  ]);
});

test("texts and numbers in any nesting come back as they were written", () => {
  const { tree } = fc.letrec<{ tree: PythonValue }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: "grapheme" }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(
        fc.string().filter((name) => name !== "__proto__"),
        tie("tree"),
        { maxKeys: 3, noNullPrototype: true },
      ),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(readValue(literal(value))).toEqual(value);
    }),
  );
});

function literal(value: PythonValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return text(value);
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return `{${Object.entries(value)
    .map(([name, item]) => `${text(name)}: ${literal(item)}`)
    .join(", ")}}`;
}

function text(value: string): string {
  return `'${value.replace(/[\\']/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
}
