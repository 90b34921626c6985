import { known, type Person } from "../api/shapes.ts";
import { quotaShare, stateOf } from "../figures/people.ts";
import { bar } from "./bar.ts";
import { h } from "./dom.ts";
import type { Page } from "./page.ts";

/** A person's figures, as the table and their own page show them. */

export function stateWords({ texts }: Page, person: Person): HTMLElement {
  const state = stateOf(person);
  const refusal = person.refusal ?? "";
  const words = state === "refused" ? (texts.people.refusals[refusal] ?? refusal) : texts.people.states[state];
  return h("span", { class: `state ${state}` }, words);
}

export function lastSeen(page: Page, person: Person): HTMLElement {
  const seen = person.last_seen;
  if (known(seen) !== null) return page.ago(String(seen));
  return seen === null ? h("span", { class: "quiet" }, page.texts.never) : page.figure(null, String);
}

/** A bar, or that there is no quota. */
export function quota(page: Page, person: Person): HTMLElement {
  const { texts, amounts } = page;
  const limit = person.limits?.quota;
  if (limit === undefined) return h("span", { class: "quiet" }, texts.unlimited);
  const share = quotaShare(person);
  const most = amounts.bytes(limit.bytes);
  if (share === null) return h("span", {}, page.figure(null, String), ` / ${most}`);
  return bar(share, texts.people.quotaUsed(amounts.percent(share), most));
}
