/** A capital inside the name of a field: only a name ends in `":`, because a quote inside a text is written `\\"`. */
const INNER_CAPITAL = /\B[A-Z](?=\w*":)/g;

/**
 * JSON text with its fields named in snake_case, as in every file and API of the product. Values stay as they are; names that are
 * values (users, domains) belong into lists, never into field names. On the text and once a name, because a long list has few names
 * and is not built a second time.
 */
export function snakeCase(json: string): string {
  let text = json;
  const capital = new RegExp(INNER_CAPITAL);
  for (let found = capital.exec(text); found !== null; found = capital.exec(text)) {
    const start = text.lastIndexOf('"', found.index);
    const name = text.slice(start, text.indexOf('"', found.index) + 2);
    text = text.replaceAll(
      name,
      name.replace(INNER_CAPITAL, (letter) => `_${letter.toLowerCase()}`),
    );
    capital.lastIndex = start;
  }
  return text;
}
