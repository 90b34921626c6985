import type { Option } from "./option-table.ts";

/** One option of a command line, or what getopt_long(3) says against it. */
export type Parsed =
  | { readonly option: Option; readonly value?: string }
  | { readonly operand: string }
  | { readonly complaint: string };

/**
 * Walks over a command line as GNU getopt_long does: long names may be shortened, operands stand anywhere, an optional value needs
 * `=` and has no short form. Ends at the first complaint, as the proxy does.
 */
export function* walk(argv: readonly string[], options: readonly Option[]): Iterable<Parsed> {
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") break;
    if (word.startsWith("--")) yield longOption(word.slice(2), rest, options);
    else if (word.startsWith("-") && word.length > 1) yield* shortOptions(word.slice(1), rest, options);
    else yield { operand: word };
  }
  for (const operand of rest) yield { operand };
}

function longOption(word: string, rest: string[], options: readonly Option[]): Parsed {
  const [name = "", ...values] = word.split("=");
  const value = word.includes("=") ? values.join("=") : undefined;
  const found = findLong(name, options);
  if (found.length === 0) return { complaint: `unrecognized option '--${word}'` };
  const [option] = found;
  if (option === undefined || found.length > 1) return { complaint: `option '--${word}' is ambiguous` };
  if (option.argument === "none" && value !== undefined)
    return { complaint: `option '--${option.long}' doesn't allow an argument` };
  if (option.argument !== "required" || value !== undefined) return withValue(option, value);
  const next = rest.shift();
  if (next === undefined) return { complaint: `option '--${option.long}' requires an argument` };
  return withValue(option, next);
}

function findLong(name: string, options: readonly Option[]): readonly Option[] {
  const exact = options.filter(({ long }) => long === name);
  return exact.length > 0 ? exact : options.filter(({ long }) => long.startsWith(name));
}

function* shortOptions(letters: string, rest: string[], options: readonly Option[]): Iterable<Parsed> {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters.charAt(at);
    const option = options.find(({ short }) => short === letter);
    if (option === undefined) {
      yield { complaint: `invalid option -- '${letter}'` };
    } else if (option.argument === "required") {
      const value = letters.slice(at + 1) || rest.shift();
      yield value === undefined
        ? { complaint: `option requires an argument -- '${letter}'` }
        : withValue(option, value);
      return;
    } else {
      yield { option };
    }
  }
}

function withValue(option: Option, value: string | undefined): Parsed {
  return value === undefined ? { option } : { option, value };
}
