// Elements out of plain values. Text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

/** `el("p", {class: "soft", onclick: f, "aria-label": "…"}, "text", otherElement, null)` */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** One of the signs in _icons.html; `label` where it says something the words beside it don't. */
export function icon(name, label = null) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
    const title = document.createElementNS(SVG, "title");
    title.textContent = label;
    svg.append(title);
  } else svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** Put `children` in place of what is there, unless they look the same: focus and place stay. */
export function refill(parent, ...children) {
  const next = children.flat().filter(Boolean);
  const same =
    next.length === parent.childNodes.length &&
    next.every((child, at) => child.isEqualNode?.(parent.childNodes[at]));
  if (!same) parent.replaceChildren(...next);
  return !same;
}

/** Say something to those who don't see the screen. */
export function speak(text) {
  const spoken = byId("spoken");
  if (spoken) spoken.textContent = text;
}

export function meta(name) {
  return document.querySelector(`meta[name="desk-${name}"]`);
}
