// Canned replies: "/" in an empty answer, arrows, Enter.

import { el } from "./dom.js";
import { lang, t } from "./words.js";

/** `text` with names filled in; what isn't known stays as {name} for the agent to fill. */
export function filled(text, { customer, agent, order, language }) {
  let made = text.replaceAll("{agent}", agent);
  if (order) made = made.replaceAll("{order}", order);
  if (customer) return made.replaceAll("{customer}", customer);
  return language === "ja" ? made.replaceAll("{customer}様", "お客様") : made.replaceAll("{customer}", "there");
}

export const unfilled = (text) => text.match(/\{(customer|order|agent)\}/)?.[0] ?? null;

export class Canned {
  /** `replies`: a promise of them. `pick(text, own)`: what becomes of the chosen reply, as the
   *  playbook has it; `own`: the same in the agent's language, where the customer's is another.
   *  `told(text, language)`: as the customer would read it. */
  constructor(field, replies, pick, told) {
    this.field = field;
    this.replies = [];
    replies.then((found) => {
      this.replies = found;
      this.look();
    });
    this.pick = pick;
    this.told = told;
    this.language = lang;
    this.found = [];
    this.at = 0;
    this.box = el("ul", { id: "canned", class: "canned", role: "listbox", "aria-label": t("compose.canned"), hidden: true });
    field.setAttribute("aria-controls", "canned");
    field.setAttribute("aria-autocomplete", "list");
  }

  /** Look at what was typed: a slash at the very beginning asks for a canned reply. */
  look() {
    const asked = /^\/(\S*)$/.exec(this.field.value);
    const word = asked?.[1].toLowerCase() ?? "";
    this.found = asked
      ? this.replies.filter((one) => one.key.includes(word) || Object.values(one.text).some((text) => text.toLowerCase().includes(word)))
      : [];
    this.at = 0;
    this.show();
  }

  show() {
    this.box.hidden = this.found.length === 0;
    this.box.replaceChildren(
      ...this.found.map((one, at) =>
        el(
          "li",
          { id: `canned-${at}`, role: "option", "aria-selected": String(at === this.at), onmousedown: (event) => { event.preventDefault(); this.take(at); } },
          el("strong", {}, `/${one.key}`),
          el("span", { lang: this.language }, this.told(one.text[this.language] ?? one.text.en, this.language)),
          this.language !== lang && el("span", { class: "soft", lang }, this.told(one.text[lang], lang)),
        ),
      ),
    );
    if (this.found.length) this.field.setAttribute("aria-activedescendant", `canned-${this.at}`);
    else this.field.removeAttribute("aria-activedescendant");
  }

  take(at) {
    const one = this.found[at];
    this.close();
    if (one) this.pick(one.text[this.language] ?? one.text.en, this.language === lang ? null : one.text[lang]);
  }

  close() {
    this.found = [];
    this.show();
  }

  /** Whether the key was ours. */
  onKey(event) {
    if (!this.found.length || event.isComposing) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.at = (this.at + step + this.found.length) % this.found.length;
      this.show();
      this.box.children[this.at].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" || event.key === "Tab") this.take(this.at);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
