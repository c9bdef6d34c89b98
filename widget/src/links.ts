/** Text with its http(s) addresses as links; anything else that looks like a link stays text. */
import { h } from "./dom.ts";
import { origin } from "./script.ts";

// Stops at spaces, quotes, brackets, Japanese punctuation, and marks that change the direction of reading.
const address = /https?:\/\/[^\s<>"（）「」、。！\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi;
const trailing = /[.,;:!?)\]]+$/;

/** The address as it will be opened (paths are the service's own), or null for anything but http and https. */
export function safeUrl(text: string | null | undefined): string | null {
  try {
    const url = new URL(text ?? "", origin);
    return /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function link(url: string, ...content: (Node | string)[]): HTMLAnchorElement {
  return h("a", { href: url, target: "_blank", rel: "noopener" }, ...content);
}

export function linked(text: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(address)) {
    const found = match[0].replace(trailing, "");
    const url = safeUrl(found);
    if (!url) continue;
    parts.push(text.slice(end, match.index), link(url, h("bdi", null, found)));
    end = match.index + found.length;
  }
  parts.push(text.slice(end));
  return parts;
}
