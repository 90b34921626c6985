import { h } from "./dom.ts";

/** From here on a bar warns. */
const NEARLY_FULL = 0.8;

/** How much of something is used. @param share 0 to 1, and above; @param label in words, with the amounts */
export function bar(share: number, label: string): HTMLElement {
  const fill = h("span", { class: "fill" });
  fill.style.inlineSize = `${100 * Math.min(1, Math.max(0, share))}%`;
  const percent = Math.round(100 * share);
  const values = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.min(100, percent) };
  const level = share >= 1 ? "full" : share >= NEARLY_FULL ? "nearly" : "free";
  const meter = h("span", { role: "meter", class: `bar ${level}`, "aria-label": label, ...values }, fill);
  return h("span", { class: "barred" }, meter, h("span", { class: "amount" }, label));
}
