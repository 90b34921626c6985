import { join } from "node:path";
import { noFailure, type Retry } from "../domain/retry.ts";
import { type DefaultedStore, withDefault } from "./defaulted-store.ts";
import { text, wholeNumber } from "./fields.ts";
import { createJsonStore, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

const MANY = 1_000_000;
const instant = text("a time such as 2027-01-31T00:00:00.000Z", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

/** What the timer remembers between two runs. */
export function createRetryStore(parts: StoreParts): DefaultedStore<Retry> {
  const store = createJsonStore<Retry>(parts, {
    path: join(parts.paths.run, "tick.json"),
    parse: (fields) => ({
      failures: fields.get("failures", wholeNumber(0, MANY)) ?? 0,
      ...present({ notBefore: fields.get("not_before", instant) }),
    }),
    format: ({ failures, notBefore }) => present({ failures, not_before: notBefore }),
  });
  return withDefault(store, () => noFailure);
}
