/**
 * A shard's configuration in two parts, so that one can tell what a running instance lacks: it may be asked to go on with keys too
 * many, but not with one too few. Digests; nothing about a key follows from them.
 */
export interface ConfigParts {
  /** Of everything but the keys. */
  readonly rest: string;
  /** One a key that the process accepts. */
  readonly keys: readonly string[];
}

/** Whether an instance started with `running` serves everybody whom `wanted` serves, in the same way. */
export function serves(running: ConfigParts | undefined, wanted: ConfigParts): boolean {
  if (running === undefined || running.rest !== wanted.rest) return false;
  const known = new Set(running.keys);
  return wanted.keys.every((key) => known.has(key));
}
