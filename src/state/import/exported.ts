import { readClientSecret } from "./client-text.ts";
import { readCsv } from "./csv-text.ts";
import { needJson, readJson } from "./json-text.ts";
import {
  type Candidate,
  endOf,
  type ImportFormat,
  listOf,
  objectOf,
  portOf,
  type Source,
  sortOut,
  textOf,
  textsOf,
} from "./source.ts";

/** What `export --with-secrets --format json` wrote, here or on another server. */
export const exported: ImportFormat = {
  title: "an export of mtproxy",
  matches: ({ text }) => {
    const [first] = listOf(readJson(text)?.users).map(objectOf);
    return first?.username !== undefined && first.secret !== undefined && first.mode !== undefined;
  },
  read: ({ text }) => fromRows(listOf(needJson(text).users).map(objectOf)),
};

/** What `export --with-secrets --format csv` wrote. */
export const exportedCsv: ImportFormat = {
  title: "a CSV export of mtproxy",
  matches: ({ text }) => /^\uFEFF?username,enabled,mode,/.test(text),
  read: ({ text }) => fromRows(readCsv(text)),
};

function fromRows(rows: readonly Readonly<Record<string, unknown>>[]): Source {
  const candidates = rows.map(
    ({ username, enabled, created_at, server, port, secret, note, tags, group, expires_at }, index): Candidate => ({
      what: textOf(username) ?? `row ${index + 1}`,
      name: textOf(username),
      enabled: enabled !== false && enabled !== "false",
      createdAt: textOf(created_at),
      note: textOf(note),
      tags: typeof tags === "string" ? tags.split(" ").filter((tag) => tag !== "") : textsOf(tags),
      group: textOf(group),
      expiresAt: endOf(expires_at),
      server: textOf(server),
      port: portOf(port),
      read: () => readClientSecret(String(secret)),
    }),
  );
  return { ...sortOut(candidates), settings: {}, notes: [] };
}
