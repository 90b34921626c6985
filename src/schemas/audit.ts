import type { AuditHistory } from "../app/audit/show-history.ts";
import type { AuditRecord } from "../domain/audit/record.ts";
import { choice, count, flag, instant, list, object, orNull, text } from "./schema.ts";

/** Commands that look back. */

const change = object<AuditRecord>("A change, or what was meant to be one", {
  id: text("Of its own", { minLength: 1 }),
  at: instant("When it began"),
  actor: choice("Whose doing it was", {
    person: "somebody typed it",
    timer: "a timer ran it",
    daemon: "the daemon did it by itself",
  }),
  user: orNull(text("The account that somebody logged in with; null for the daemon")),
  uid: orNull(count("With whose rights it ran; null for the daemon")),
  terminal: orNull(text("Such as pts/0; null without one")),
  from: orNull(text("Address that they came from by SSH; null where nobody says one")),
  command: text("The command's words, or what the daemon did", { minLength: 1 }),
  typed: list("The command line, without what may be a key; empty for the daemon", text("A word")),
  dryRun: flag("It was only to show what would be done"),
  about: list("People whom it was about", text("Name of a person", { minLength: 1 })),
  outcome: choice("What came of it", {
    done: "it worked",
    failed: "it did not; words says why",
    unfinished: "it began and never said how it ended, because it was killed or still runs",
  }),
  exitCode: orNull(count("Null for the daemon and for what did not end")),
  words: orNull(text("What went wrong, or what the daemon did; null where there is nothing to say")),
  milliseconds: orNull(count("How long it took; null where nobody knows")),
});

const history = object<AuditHistory>("Who changed what", {
  changes: list("The newest last", change),
  total: count("How many there are that were asked for, shown or not"),
});

export const audit = { history };
