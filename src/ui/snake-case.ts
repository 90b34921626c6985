/**
 * Data as `--json` prints it: names of fields in snake_case, as in every file and API of the product. Values stay as they are;
 * names that are values (users, domains) belong into lists, never into field names.
 */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (!isPlainObject(value)) return value;
  const renamed: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) renamed[snakeName(name)] = snakeCase(item);
  return renamed;
}

/** The few names there are come back for every user of a long list. */
const known = new Map<string, string>();

function snakeName(name: string): string {
  const snake =
    known.get(name) ?? name.replace(/([a-z0-9])([A-Z])/g, (_, before, letter) => `${before}_${letter.toLowerCase()}`);
  known.set(name, snake);
  return snake;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
