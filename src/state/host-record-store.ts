import { dirname, join } from "node:path";
import { type HostEntry, hostEntryKinds, hostParts } from "../domain/host-record.ts";
import type { HomePaths } from "../ports.ts";
import { type DefaultedStore, withDefault } from "./defaulted-store.ts";
import { Fields, isObject, listOf, oneOf, type Rule, text } from "./fields.ts";
import { createJsonStore, type StoreParts } from "./json-store.ts";

/**
 * What was put on this machine outside the home. It is about the machine, not about the proxy: no backup takes it to another one,
 * so it is not among the files that HomePaths names.
 */
export function hostRecordPath({ settings }: Pick<HomePaths, "settings">): string {
  return join(dirname(settings), "host.json");
}

export function createHostRecordStore(parts: StoreParts): DefaultedStore<readonly HostEntry[]> {
  const path = hostRecordPath(parts.paths);
  const entry: Rule<HostEntry> = {
    expects: "an entry with part, kind and what",
    read: (value) => (isObject(value) ? parseEntry(new Fields(value, path)) : undefined),
  };
  const store = createJsonStore<readonly HostEntry[]>(parts, {
    path,
    parse: (fields) => fields.get("entries", listOf(entry)) ?? [],
    format: (entries) => ({ entries: entries.map(({ part, kind, what }) => ({ part, kind, what })) }),
  });
  return withDefault(store, () => []);
}

function parseEntry(fields: Fields): HostEntry {
  return {
    part: fields.need("part", oneOf(...hostParts)),
    kind: fields.need("kind", oneOf(...hostEntryKinds)),
    what: fields.need("what", text()),
  };
}
