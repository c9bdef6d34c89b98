// Colleagues in notes: "@" while writing offers names; the bar tells where one was named.

import { get, post } from "./api.js";
import { byId, el } from "./dom.js";
import { show } from "./dialogs.js";
import { dayAndTime, t } from "./words.js";

/** Offers colleagues after an "@" in a note; Tab or Enter takes the first that fits. */
export class MentionPicker {
  constructor(field) {
    this.field = field;
    this.names = [];
    this.found = [];
    this.at = 0;
    this.box = el("ul", { id: "names", class: "canned names", role: "listbox", "aria-label": t("mention.colleagues"), hidden: true });
  }

  load() {
    this.loading ??= get("agents").then(
      ({ agents }) => { this.names = agents.map((one) => one.name); },
      () => { this.loading = null; },
    );
    return this.loading;
  }

  get typing() {
    return /@([^@\n]{0,30})$/.exec(this.field.value.slice(0, this.field.selectionStart))?.[1];
  }

  async look(on) {
    if (!on || this.typing === undefined) return this.close();
    if (!this.names.length) await this.load();
    // As it stands now: more may have been typed while the names were on their way.
    const typed = this.typing;
    if (typed === undefined) return this.close();
    const word = typed.toLocaleLowerCase();
    this.found = this.names.filter((name) => name.toLocaleLowerCase().startsWith(word) && name.toLocaleLowerCase() !== word);
    this.typed = typed;
    this.at = 0;
    this.draw();
    return undefined;
  }

  draw() {
    this.box.hidden = !this.found.length;
    this.box.replaceChildren(
      ...this.found.map((name, at) =>
        el("li", { id: `name-${at}`, role: "option", "aria-selected": String(at === this.at), onmousedown: (event) => { event.preventDefault(); this.take(at); } }, el("strong", {}, `@${name}`)),
      ),
    );
    if (this.found.length) this.field.setAttribute("aria-activedescendant", `name-${this.at}`);
    else this.field.removeAttribute("aria-activedescendant");
  }

  take(at) {
    const name = this.found[at];
    const end = this.field.selectionStart;
    this.field.setRangeText(`${name} `, end - this.typed.length, end, "end");
    this.close();
    this.field.dispatchEvent(new Event("input"));
  }

  close() {
    if (!this.found.length) return;
    this.found = [];
    this.draw();
  }

  /** Whether the key was ours. */
  onKey(event) {
    if (!this.found.length || event.isComposing) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.found.length) % this.found.length;
      this.draw();
    } else if (event.key === "Tab" || (event.key === "Enter" && !event.ctrlKey && !event.metaKey)) this.take(this.at);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}

/** The bar's sign with how many mentions are new, and their list. */
export class Mentions {
  constructor(open) {
    this.open = open;
    this.button = byId("mentions");
    this.button.addEventListener("click", () => this.list());
    this.refresh();
  }

  async refresh() {
    const asked = (this.asked = Symbol("asked"));
    const found = await get("mentions").catch(() => null);
    // An older answer may come after a newer one.
    if (found && asked === this.asked) this.showCount(found.mentions.filter((one) => !one.seen).length);
  }

  showCount(number) {
    this.button.querySelector(".count").textContent = number || "";
    this.button.querySelector(".hidden").textContent = number ? t("mention.new", { n: number }) : t("mention.title");
  }

  async list() {
    const { mentions } = await get("mentions").catch(() => ({ mentions: [] }));
    const rows = mentions.map((one) =>
      el(
        "li", { class: one.seen ? "" : "fresh" },
        el("a", { href: `/desk/c/${one.conversation}`, onclick: (event) => this.go(event, one) }, one.by),
        el("time", { class: "soft small push", datetime: one.at }, dayAndTime(one.at)),
        el("p", { class: "small clamp", dir: "auto" }, one.text),
      ),
    );
    show(t("mention.title"), rows.length ? el("ul", { class: "plain mention-list" }, rows) : el("p", { class: "soft" }, t("mention.none")));
    if (mentions.some((one) => !one.seen)) await post("mentions").catch(() => {});
    this.showCount(0);
  }

  go(event, one) {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.target.closest("dialog").close();
    this.open(one.conversation, one.seq);
  }
}
