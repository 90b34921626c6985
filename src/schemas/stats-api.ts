import type { StatsApiState } from "../app/stats-api/stats-api-state.ts";
import type { RotatedToken, SwitchedStatsApi } from "../app/stats-api/switch-stats-api.ts";
import { either, type Fields, flag, list, nothing, object, orNull, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands about what serves figures. */

const fields: Fields<StatsApiState> = {
  enabled: flag("Figures shall be served"),
  listening: flag("They are"),
  url: text("What to open on this machine", { format: "uri" }),
  addresses: list("Where it listens", text("address:port", { pattern: "^.+:[0-9]+$" })),
  since: value.instantOrNull("Since when; null while it does not listen"),
  version: orNull(text("Version of mtproxy that the daemon is; null while none runs")),
  tokenRequired: flag("Whoever asks must have the token"),
  tokenFile: orNull(value.path("Where it is; null where none is asked for")),
  origin: orNull(text("Origin of other pages that may ask; null for none")),
  ssh: text("What is typed on a laptop or phone to look from there", { pattern: "^ssh " }),
  fault: orNull(text("Why it does not listen")),
};

const switched = object<SwitchedStatsApi>("What serves figures now", {
  ...fields,
  changed: flag("False when it was so already"),
  toRun: list("Commands that have to run, as services do, and do not", text("A command", { minLength: 1 })),
});

export const statsApi = {
  "stats-api start": either(switched, nothing("With --foreground it goes on until it is ended")),
  "stats-api stop": switched,
  "stats-api status": object<StatsApiState>("What serves figures", fields),
  "stats-api rotate-token": object<RotatedToken>("A new token", {
    tokenFile: value.path("Where it is"),
    live: flag("Whoever has the one before is refused already; false where nothing listens"),
  }),
};
