/** Fields that may be undefined become fields that may be absent; the others stay required. */
type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the fields that are undefined. A plain loop: state files hold many thousands of objects. */
export function present<T extends object>(object: T): Present<T> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) if (value !== undefined) result[name] = value;
  return result as Present<T>;
}
