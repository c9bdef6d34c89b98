/** Elements without HTML strings: what a customer or an agent typed can only ever become text. */
export type Child = Node | string | null | undefined | false;
type Value = string | number | boolean | null | undefined;
// Each listener knows its own event type.
type Properties = Record<string, Value | ((event: never) => unknown)>;

/** `onclick: f` listens; true sets an empty attribute; false, null and undefined set nothing. A string is the class. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties?: Properties | string | null,
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (typeof properties === "string") properties = { class: properties };
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (typeof value === "function") Object.assign(element, { [name]: value });
    else attribute(element, name, value);
  }
  element.append(...children.filter(Boolean) as (Node | string)[]);
  return element;
}

export function attribute(element: Element, name: string, value: Value): void {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : `${value}`);
}

export function button(look: string, label: Child, onclick: () => unknown, more?: Properties): HTMLButtonElement {
  return h("button", { type: "button", class: look, onclick, ...more }, label);
}

/** Changes text only where it differs, so that nothing is read out twice. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Outline icons on a grid of 24. */
const shapes = {
  chat: "M4 5.5h16v11H10.5L6 20v-3.5H4z",
  close: "m6 6 12 12M18 6 6 18",
  menu: "M5 7h14M5 12h14M5 17h14",
  send: "M12 20V4.5M5.5 11 12 4.5l6.5 6.5",
  clip: "m19.5 11.5-7.8 7.8a4.6 4.6 0 0 1-6.5-6.5l8.3-8.3a3 3 0 0 1 4.3 4.3l-8.2 8.2a1.5 1.5 0 0 1-2.1-2.1l7.4-7.4",
  // A sprig with two leaves: the assistant.
  leaf: "M12 21v-9M12 15C7 15 4.5 12.5 4.5 8 9 8 12 10.5 12 15zm0-3c0-4.5 2-8 7.5-8.5C19.5 8.5 17 12 12 12z",
};

export function icon(name: keyof typeof shapes): SVGElement {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag)) as [
    SVGElement,
    SVGElement,
  ];
  attribute(svg, "viewBox", "0 0 24 24");
  attribute(svg, "aria-hidden", "true");
  attribute(path, "d", shapes[name]);
  svg.append(path);
  return svg;
}
