/**
 * Double-quoted YAML scalar for a compose file. Every JSON string is one; compose reads `$` as the start of a variable unless
 * it is doubled.
 */
export function composeString(text: string): string {
  return JSON.stringify(text)
    .replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped)
    .replaceAll("$", "$$$$");
}

/** Flow list of such scalars on one line: `["a", "b"]`. */
export function composeList(items: readonly string[]): string {
  return `[${items.map(composeString).join(", ")}]`;
}

/** Control characters that JSON lets stand and YAML does not. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
