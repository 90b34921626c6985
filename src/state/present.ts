/** The object without the fields that are undefined. A plain loop: state files hold many thousands of objects. */
export function present<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) if (value !== undefined) result[name] = value;
  return result as { [K in keyof T]?: Exclude<T[K], undefined> };
}
