import type { Store } from "./json-store.ts";

/** A store whose file may be missing without that being news. */
export interface DefaultedStore<T> {
  read(): Promise<T>;
  write(value: T): Promise<void>;
  update(change: (value: T) => T | Promise<T>): Promise<T>;
}

export function withDefault<T>(store: Store<T>, makeDefault: () => T): DefaultedStore<T> {
  return {
    read: async () => (await store.read()) ?? makeDefault(),
    write: store.write,
    update: (change) => store.update((value) => change(value ?? makeDefault())),
  };
}
