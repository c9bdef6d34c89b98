// Search inside the open conversation: every hit is marked, one after the other is shown.

import { el, icon } from "./dom.js";
import { t } from "./words.js";

export class Find {
  constructor(log) {
    this.log = log;
    this.hits = [];
    this.at = 0;
    this.field = el("input", { type: "search", "aria-label": t("find.label"), placeholder: t("find.label"), autocomplete: "off", oninput: () => this.look() });
    this.count = el("span", { class: "small soft", role: "status" });
    const button = (name, sign, step) =>
      el("button", { type: "button", class: "quiet square", title: t(`find.${name}`), onclick: step }, icon(sign), el("span", { class: "hidden" }, t(`find.${name}`)));
    this.box = el(
      "form", { class: "find", role: "search", hidden: true },
      this.field, this.count,
      button("previous", "up", () => this.step(-1)), button("next", "down", () => this.step(1)), button("close", "close", () => this.close()),
    );
    this.box.addEventListener("submit", (event) => {
      event.preventDefault();
      this.step(1);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter" && event.shiftKey) this.step(-1);
      else if (event.key === "Escape") this.close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  open() {
    this.box.hidden = false;
    this.field.focus();
    this.field.select();
    this.look();
  }

  close() {
    if (this.box.hidden) return;
    this.box.hidden = true;
    this.field.value = "";
    this.look();
    this.log.scroller.focus({ preventScroll: true });
  }

  look() {
    const word = this.field.value.trim();
    this.hits = this.log.mark(word);
    this.at = this.hits.length - 1; // the newest first, like the conversation itself
    this.show(word);
  }

  step(by) {
    if (!this.hits.length) return;
    this.at = (this.at + by + this.hits.length) % this.hits.length;
    this.show(this.field.value.trim());
  }

  show(word) {
    const { hits, at } = this;
    this.count.textContent = !word ? "" : hits.length ? t("find.count", { n: at + 1, all: hits.length }) : t("find.none");
    if (hits.length) this.log.jump(hits[at], { focus: false });
  }
}
