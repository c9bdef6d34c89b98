// Everything by a few letters: what can be done now, where to go, which conversation to open.

import { get } from "./api.js";
import { el, icon } from "./dom.js";
import { named, t } from "./words.js";
import { nameOf, stateWords } from "./row.js";

// Conversations, below what can be done.
const MOST = 9;
const SEARCH_AFTER_MS = 250;

export class Palette {
  /** `commands()`: [{words, keys?, run}] that make sense now. `open(id)`: show a conversation. */
  constructor({ me, commands, rows, open }) {
    Object.assign(this, { me, commands, rows, open });
    this.field = el("input", {
      type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list",
      "aria-label": t("palette.label"), placeholder: t("palette.label"), autocomplete: "off", maxlength: "200",
    });
    this.list = el("ul", { id: "palette-list", role: "listbox", "aria-label": t("palette.found") });
    this.none = el("p", { class: "soft", role: "status" });
    this.dialog = el("dialog", { class: "palette", "aria-label": t("palette.title") }, this.field, this.list, this.none);
    document.body.append(this.dialog);
    this.field.addEventListener("input", () => this.look());
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) this.take(Number(item.dataset.at));
    });
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  show() {
    if (this.dialog.open) return;
    this.field.value = "";
    this.found = [];
    this.dialog.showModal();
    this.look();
  }

  look() {
    clearTimeout(this.soon);
    const wanted = this.field.value.trim().toLowerCase();
    const fits = (words) => wanted.split(/\s+/).every((part) => words.toLowerCase().includes(part));
    const known = this.rows().filter((row) => wanted && fits(said(row, this.me.id)));
    this.offer([
      ...this.commands().filter((one) => fits(one.words)),
      ...known.slice(0, MOST).map((row) => this.conversation(row)),
    ]);
    if (wanted.length < 2) return;
    this.soon = setTimeout(() => this.search(wanted, known), SEARCH_AFTER_MS);
  }

  /** What isn't in the list is found by its words. */
  async search(wanted, known) {
    const page = await get(`conversations?${new URLSearchParams({ q: wanted, limit: MOST })}`).catch(() => null);
    if (!page || !this.dialog.open || this.field.value.trim().toLowerCase() !== wanted) return;
    const ids = new Set(known.map((row) => row.id));
    this.offer([...this.found, ...page.conversations.filter((row) => !ids.has(row.id)).map((row) => this.conversation(row))]);
  }

  conversation(row) {
    return { words: said(row, this.me.id), icon: row.channel, run: () => this.open(row.id), preview: row.last_message };
  }

  offer(found) {
    this.found = found;
    this.list.replaceChildren(
      ...this.found.map((one, at) =>
        el(
          "li",
          { role: "option", id: `palette-${at}`, "data-at": at },
          one.icon && icon(one.icon),
          el("span", { class: "palette-words", dir: "auto" }, one.words, one.preview && el("span", { class: "soft small clamp" }, one.preview)),
          one.keys && el("kbd", {}, one.keys),
        ),
      ),
    );
    this.none.textContent = this.found.length ? "" : t("palette.none");
    this.choose(0);
  }

  choose(at) {
    this.at = this.found.length ? (at + this.found.length) % this.found.length : -1;
    [...this.list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === this.at)));
    this.field.setAttribute("aria-activedescendant", this.at < 0 ? "" : `palette-${this.at}`);
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  onKey(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.choose(this.at + step);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.take(this.at);
    }
  }

  take(at) {
    const one = this.found[at];
    if (!one) return;
    this.dialog.close();
    one.run();
  }
}

function said(row, me) {
  return [nameOf(row), stateWords(row, me), row.reason && named("reason", row.reason)].filter(Boolean).join(" · ");
}
