// The answer box: replies and notes, drafts that stay, who may write what.

import { post } from "./api.js";
import { Canned, filled, unfilled } from "./canned.js";
import { el, icon } from "./dom.js";
import { keep, kept } from "./kept.js";
import { named, t } from "./words.js";

const LONGEST = 4000;
const TYPING_EVERY_MS = 3000;
const mac = /Mac|iPhone|iPad/.test(navigator.platform);

export class Composer {
  /** `act`: what the banner's buttons do. `me`: {id, name}. */
  constructor({ me, outbox, replies, act }) {
    this.me = me;
    this.outbox = outbox;
    this.act = act;
    this.mode = "reply";
    this.talk = null;
    this.field = el("textarea", { rows: "2", dir: "auto", "aria-label": t("compose.label"), maxlength: "12000" });
    this.canned = new Canned(this.field, replies, (text) => this.fill(text));
    this.trouble = el("p", { class: "wrong small", role: "alert" });
    this.button = el("button", { type: "submit", class: "main" });
    this.toggles = ["reply", "note"].map((mode) =>
      el("button", { type: "button", "data-mode": mode, onclick: () => this.write(mode) }, mode === "note" && icon("note"), t(`compose.${mode}`)),
    );
    this.owner = el("p", { class: "owner" });
    this.offer = el("div", { class: "offer" });
    const hint = el("span", { class: "soft small wide-only" }, t(mac ? "compose.sends_mac" : "compose.sends"));
    this.write_ = el("div", { class: "write" }, this.canned.box, this.field, el("div", { class: "write-end" }, this.trouble, hint, this.button));
    this.box = el(
      "form", { class: "compose", "aria-label": t("compose.label") },
      el("div", { class: "compose-top" }, el("div", { class: "toggle", role: "group" }, this.toggles), this.owner),
      this.offer, this.write_,
    );
    this.box.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("blur", () => this.tellTyping(false));
  }

  get mine() {
    return this.talk?.state === "assigned" && this.talk.agent?.id === this.me.id;
  }

  draftName(mode = this.mode) {
    return `draft:${this.talk.id}:${mode}`;
  }

  /** Show what may be written in `talk`. A draft is put in only when another conversation opens. */
  show(talk) {
    const other = this.talk?.id !== talk.id;
    this.talk = talk;
    this.canned.language = talk.lang === "ja" ? "ja" : "en";
    if (other) {
      this.mode = "reply";
      this.load();
    }
    this.box.dataset.mode = this.mode;
    this.showOwner();
  }

  load() {
    this.field.value = kept(this.draftName(), "");
    this.canned.close();
    this.changed();
  }

  showOwner() {
    const talk = this.talk;
    const open = talk.state !== "resolved";
    const words = {
      bot: () => t("banner.bot"),
      queued: () => t("banner.queued"),
      assigned: () => (this.mine ? t("banner.mine") : t("banner.other", { agent: talk.agent?.name ?? "" })),
      resolved: () => talk.resolvedWords,
    }[talk.state]();
    this.owner.replaceChildren(words);
    const note = this.mode === "note";
    this.write_.hidden = !note && !this.mine;
    this.offer.hidden = note || this.mine;
    const offer = talk.state === "queued" ? ["claim", "claim"] : open ? ["take_over", "takeOver"] : ["reopen", "reopen"];
    const [word, what] = offer;
    const allowed = (open || talk.newest) && (talk.state !== "assigned" || this.me.lead);
    this.offer.replaceChildren(
      ...[
        allowed && el("button", { type: "button", class: "main", onclick: () => this.act[what]() }, t(`head.${word}`)),
        !talk.newest && el("span", { class: "soft small" }, t("banner.not_newest")),
      ].filter(Boolean),
    );
    if (!this.offer.childNodes.length) this.offer.hidden = true;
    for (const toggle of this.toggles) toggle.setAttribute("aria-pressed", String(toggle.dataset.mode === this.mode));
    this.field.placeholder = t(note ? "compose.note_hint" : "compose.reply_hint");
    this.button.textContent = t(note ? "compose.save_note" : "compose.send");
  }

  /** Turn to a reply or a note, and write. */
  write(mode) {
    if (!this.talk) return;
    if (mode !== this.mode) {
      this.mode = mode;
      this.box.dataset.mode = mode;
      this.load();
      this.showOwner();
    }
    if (!this.write_.hidden) this.field.focus();
    else this.offer.querySelector("button")?.focus();
  }

  putBack(one) {
    if (!one || !this.talk || one.conversation !== this.talk.id) return;
    this.write(one.mode);
    if (!this.field.value) this.field.value = one.text;
    this.changed();
  }

  fill(text) {
    const { customer, orders, facts, lang } = this.talk;
    const order = facts?.order_number || (orders?.length === 1 ? orders[0].number : null);
    const name = customer?.name || orders?.find((one) => one.proven)?.name;
    this.field.value = filled(text, { customer: name, agent: this.me.name, order, language: lang });
    this.changed();
    const gap = unfilled(this.field.value);
    if (gap) {
      const at = this.field.value.indexOf(gap);
      this.field.setSelectionRange(at, at + gap.length);
    }
  }

  changed() {
    const text = this.field.value;
    keep(this.draftName(), text.trim() ? text : null);
    const over = [...text].length - LONGEST;
    this.trouble.textContent = over > 0 ? t("compose.too_long", { n: over }) : "";
    this.button.disabled = !text.trim() || over > 0;
    if (this.mode === "reply") this.canned.look();
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, 240)}px`;
    if (text.trim() && !text.startsWith("/")) this.tellTyping(true);
  }

  onKey(event) {
    if (this.canned.onKey(event)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      this.box.requestSubmit();
    }
  }

  send() {
    const text = this.field.value;
    if (!text.trim() || this.button.disabled || this.write_.hidden) return;
    const gap = this.mode === "reply" ? unfilled(text) : null;
    if (gap) {
      this.trouble.textContent = t("compose.placeholder", { name: named("entity", gap === "{order}" ? "order_number" : gap) });
      const at = text.indexOf(gap);
      this.field.setSelectionRange(at, at + gap.length);
      this.field.focus();
      return;
    }
    this.outbox.send(this.talk.id, this.mode, text);
    this.field.value = "";
    this.changed();
    this.tellTyping(false);
    this.field.focus();
  }

  tellTyping(typing) {
    if (!this.mine || this.mode !== "reply") return;
    const now = Date.now();
    if (typing && now - (this.told ?? 0) < TYPING_EVERY_MS) return;
    if (!typing && !this.told) return;
    this.told = typing ? now : 0;
    post(`conversations/${this.talk.id}/typing`, { typing }).catch(() => {});
  }
}
