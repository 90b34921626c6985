import { h } from "./dom.ts";

/** One of a few, as buttons in a row; arrow keys move, as in every group of radio buttons. */
export function choice<Value extends string>(
  label: string,
  options: readonly { readonly value: Value; readonly text: string }[],
  chosen: Value,
  onChoose: (value: Value) => void,
): HTMLFieldSetElement {
  count += 1;
  const name = `choice-${count}`;
  const inputs = options.map(({ value, text }) => {
    const input = h("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => onChoose(value));
    return h("label", {}, input, h("span", {}, text));
  });
  return h("fieldset", { class: "choice" }, h("legend", { class: "hidden" }, label), ...inputs);
}

/** Radio buttons belong together by a name that nobody else has. */
let count = 0;
