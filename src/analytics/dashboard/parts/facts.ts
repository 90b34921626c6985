import { type Child, h } from "./dom.ts";

/** Names and figures in two columns. */
export function facts(pairs: readonly (readonly [string, Child] | null)[]): HTMLElement {
  const there = pairs.filter((pair) => pair !== null);
  return h(
    "dl",
    { class: "facts" },
    ...there.map(([name, figure]) => h("div", {}, h("dt", {}, name), h("dd", {}, figure))),
  );
}
