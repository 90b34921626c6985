import type { Notice } from "../../domain/numbers/alerts/watch.ts";
import type { HistoryEvent } from "../../domain/numbers/history.ts";
import { alertText } from "../../render/alert-text.ts";

/** What the history tells of news. That a proxy is down and somebody is refused is an event of the look already; that something lasts is none. */
export function eventsOf(notices: readonly Notice[]): HistoryEvent[] {
  const isEvent = ({ kind, what }: Notice) => what !== "lasts" && kind !== "proxy-down" && kind !== "quota-used";
  return notices.filter(isEvent).map(eventOf);
}

/** Events are in English, as all others of the history. */
function eventOf(notice: Notice): HistoryEvent {
  const [words = ""] = alertText([notice], { language: "en", name: "" }).lines;
  return { at: Date.parse(notice.at), kind: "alert", subject: notice.subject || notice.kind, words };
}
