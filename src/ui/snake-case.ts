/** A capital inside the name of a field: only a name ends in `":`, because a quote inside a text is written `\"`. */
const INNER_CAPITAL = /\B[A-Z](?=\w*":)/g;

/**
 * JSON text with its fields named in snake_case, as in every file and API of the product. Values stay as they are; names that are
 * values (users, domains) belong into lists, never into field names. On the text, because a long list is not built a second time.
 */
export function snakeCase(json: string): string {
  return json.replace(INNER_CAPITAL, (capital) => `_${capital.toLowerCase()}`);
}
