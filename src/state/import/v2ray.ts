import type { JsonObject } from "../fields.ts";
import { needJson, readJson } from "./json-text.ts";
import { bareKey, type Candidate, type ImportFormat, listOf, objectOf, portOf, sortOut, textOf } from "./source.ts";

/** A V2Ray configuration, or one inbound of it: `protocol: "mtproto"` with `settings.users[].secret`. Its links are plain ones. */
export const v2ray: ImportFormat = {
  title: "a V2Ray mtproto inbound",
  matches: ({ text }) => inboundsOf(readJson(text) ?? {}).length > 0,
  read: ({ text, mode }) => {
    const inbounds = inboundsOf(needJson(text));
    const taken = mode === "padded" ? "padded" : "plain";
    const candidates = inbounds.flatMap((inbound) =>
      listOf(objectOf(inbound.settings).users).map((user, index): Candidate => {
        const { email, secret } = objectOf(user);
        const name = textOf(email)?.split("@")[0];
        const what = name ?? `${textOf(inbound.tag) ?? "the inbound"}, user ${index + 1}`;
        return { what, name, port: portOf(inbound.port), read: () => bareKey(secret, taken) };
      }),
    );
    return { ...sortOut(candidates), settings: { port: portOf(inbounds[0]?.port) }, notes: unusedNotes(inbounds) };
  },
};

/** V2Ray itself let in the first user of an inbound only. */
function unusedNotes(inbounds: readonly JsonObject[]): string[] {
  const isSeveral = inbounds.some(({ settings }) => listOf(objectOf(settings).users).length > 1);
  return isSeveral ? ["V2Ray let in the first user of an inbound only; here everybody gets in"] : [];
}

/** Old configurations have `inbound` and `inboundDetour` beside or instead of `inbounds`. */
function inboundsOf(document: JsonObject): JsonObject[] {
  const all = [document, document.inbound, ...listOf(document.inbounds), ...listOf(document.inboundDetour)].map(
    objectOf,
  );
  return all.filter(({ protocol }) => protocol === "mtproto").filter(({ settings }) => settings !== undefined);
}
