export type Child = Node | string | null;

/** Values of attributes: true is there without one, false and null are not there. Neither `style` nor `on…`: the page's policy forbids them. */
type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** An element with text and elements in it. Whatever a text has in it stays text. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function setAttribute(element: Element, name: string, value: string | number | boolean | null): void {
  if (value === false || value === null) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Touches nothing that is right already: what is selected or read aloud stays so. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Something on the page that figures flow into. */
export interface Part<Figures> {
  readonly element: HTMLElement;
  update(figures: Figures): void;
}

/** A part of the page with a heading. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return h("section", { "aria-labelledby": id }, h("h2", { id }, title), ...children);
}

/** A button that is one. */
export function button(text: string, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, text);
  element.addEventListener("click", onClick);
  return element;
}

/** Says at once, to those who listen too. */
export function announcement(): HTMLElement {
  return h("p", { role: "status", class: "announcement" });
}
