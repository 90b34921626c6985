import fc from "fast-check";

/** A JSON value as text pieces: scalars as somebody spelt them, objects with their members in order. */
export type Tree =
  | string
  | { readonly list: readonly Tree[] }
  | { readonly members: readonly (readonly [string, Tree])[] };

/** How somebody's program lays JSON out. */
export interface Layout {
  /** Text at the n-th place where blanks may stand; depth is that of the line that follows. */
  gap(place: number, depth: number, kind: Gap): string;
}

type Gap = "inside" | "open" | "close" | "comma" | "after-comma" | "colon" | "after-colon";

const blanks = fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "\r\n"), maxLength: 4 });

/** Blanks anywhere, without any system. */
const chaotic = fc
  .array(blanks, { minLength: 7, maxLength: 40 })
  .map((gaps): Layout => ({ gap: (place) => gaps[place % gaps.length] ?? "" }));

const compact = fc.record({ colon: fc.constantFrom("", " "), comma: fc.constantFrom("", " ") }).map(
  ({ colon, comma }): Layout => ({
    gap: (_, __, kind) => (kind === "after-colon" ? colon : kind === "after-comma" ? comma : ""),
  }),
);

/** A line for each value, as jq, Python and JSON.stringify write it. */
const pretty = fc
  .record({
    newline: fc.constantFrom("\n", "\r\n"),
    indent: fc.constantFrom("  ", "\t", "   ", ""),
    colon: fc.constantFrom(" ", ""),
  })
  .map(
    ({ newline, indent, colon }): Layout => ({
      gap: (_, depth, kind) =>
        kind === "after-colon"
          ? colon
          : kind === "inside" || kind === "comma" || kind === "colon"
            ? ""
            : newline + indent.repeat(depth),
    }),
  );

export const layouts = fc.oneof(pretty, compact, chaotic);

export function render(tree: Tree, layout: Layout): string {
  let place = 0;
  const gap = (depth: number, kind: Gap) => layout.gap(place++, depth, kind);
  const joined = (parts: readonly ((depth: number) => string)[], depth: number): string =>
    parts
      .map(
        (part, index) =>
          (index === 0 ? gap(depth, "open") : `${gap(depth, "comma")},${gap(depth, "after-comma")}`) + part(depth),
      )
      .join("");
  const inside = (parts: readonly ((depth: number) => string)[], depth: number): string =>
    parts.length === 0 ? gap(depth, "inside") : joined(parts, depth + 1) + gap(depth, "close");
  const text = (value: Tree, depth: number): string => {
    if (typeof value === "string") return value;
    if ("list" in value)
      return `[${inside(
        value.list.map((item) => (at: number) => text(item, at)),
        depth,
      )}]`;
    const member =
      ([name, item]: readonly [string, Tree]) =>
      (at: number) =>
        `${name}${gap(at, "colon")}:${gap(at, "after-colon")}${text(item, at)}`;
    return `{${inside(value.members.map(member), depth)}}`;
  };
  return text(tree, 0);
}

const scalars = fc.oneof(
  fc.constantFrom(
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "1e400",
    "1E+2",
    "12345678901234567890123",
    "3.14000",
    '""',
    '"\\u00e4\\/"',
    '"\\\\"',
    '"a\\"b]}"',
    '"[{,:"',
    '"{\\"mtproxy_secret\\":1}"',
  ),
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
);

const foreignNames = fc.oneof(
  fc.constantFrom(
    '"email"',
    '"limits"',
    '"short_id"',
    '"uuid"',
    '"proxy_password"',
    '"user\\u006eam"',
    '"__proto__"',
    '"a\\"b"',
    '"MTPROXY_secret"',
    '""',
  ),
  fc.string().map((text) => JSON.stringify(`x${text}`)),
);

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    scalars,
    fc.array(tie("tree"), { maxLength: 3 }).map((list) => ({ list })),
    fc.array(fc.tuple(foreignNames, tie("tree")), { maxLength: 3 }).map((members) => ({ members })),
  ),
}));

export const foreignMembers = fc.array(fc.tuple(foreignNames, tree), { maxLength: 4 });

/** Foreign values of any shape. */
export const foreignTree: fc.Arbitrary<Tree> = tree;
