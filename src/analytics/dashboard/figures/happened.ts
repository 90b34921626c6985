import type { Happened } from "../api/shapes.ts";
import type { Texts } from "../texts/texts.ts";

/** An event in the reader's language; undefined for what is in words of its own, as an alert is. */
export function happenedWords(
  { kind, subject, words }: Pick<Happened, "kind" | "subject" | "words">,
  { events, people }: Pick<Texts, "events" | "people">,
): string | undefined {
  switch (kind) {
    case "shard-up":
    case "haproxy-up":
      return events.up(subject);
    case "shard-down":
    case "haproxy-down":
      return words.endsWith("does not answer") ? events.silent(subject) : events.stopped(subject);
    case "shard-restart":
    case "haproxy-restart":
      return events.restarted(subject);
    case "haproxy-reload":
      return events.reloaded(subject);
    case "agents-away":
    case "agents-back":
      return events.agents(/^\d+/.exec(words)?.[0] ?? "?");
    case "refused": {
      const why = /: ([\w-]+), refused/.exec(words)?.[1] ?? "";
      return events.refused(subject, people.refusals[why] ?? why);
    }
    case "let-in":
      return events.letIn(subject);
    default:
      return undefined;
  }
}
