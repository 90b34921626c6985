/** Fields that may be undefined become fields that may be absent; the others stay required. */
type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * The object without the fields that are undefined; the object itself where none is. State files hold many thousands of objects:
 * those that are complete are not copied.
 */
export function present<T extends object>(object: T): Present<T> {
  const fields = object as Record<string, unknown>;
  for (const name in fields) if (fields[name] === undefined) return copyPresent(fields) as Present<T>;
  return object as Present<T>;
}

function copyPresent(fields: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name in fields) if (fields[name] !== undefined) result[name] = fields[name];
  return result;
}
