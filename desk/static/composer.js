// The answer box: replies and notes, drafts that stay, who may write what.

import { post } from "./api.js";
import { FileTray } from "./attachments.js";
import { Canned, filled, unfilled } from "./canned.js";
import { el, icon } from "./dom.js";
import { choice, keep, kept } from "./kept.js";
import { isOtherLanguage } from "./language.js";
import { MentionPicker } from "./mentions.js";
import { Suggestions } from "./suggest.js";
import { named, t } from "./words.js";

const LONGEST = 4000;
const TYPING_EVERY_MS = 3000;
// So long an answer can be taken back.
const UNDO_MS = 5000;
const mac = /Mac|iPhone|iPad/.test(navigator.platform);

export class Composer {
  /** `act`: what the banner's buttons do. `me`: {id, name}. */
  constructor({ me, outbox, replies, act, presence }) {
    this.me = me;
    this.outbox = outbox;
    this.act = act;
    this.presence = presence;
    this.mode = "reply";
    this.talk = null;
    this.field = el("textarea", { rows: "2", dir: "auto", "aria-label": t("compose.label"), maxlength: "12000" });
    const told = (text, language) => filled(text, { ...this.values, language });
    this.canned = new Canned(this.field, replies, (text, own) => this.fill(text, own), told);
    this.names = new MentionPicker(this.field);
    this.suggest = new Suggestions({ insert: (text, own) => this.insert(text, own), fill: (text, own) => this.fill(text, own), told });
    this.own = el("p", { class: "small soft own", dir: "auto", hidden: true });
    this.files = new FileTray(this.field);
    this.trouble = el("p", { class: "wrong small", role: "alert" });
    this.button = el("button", { type: "submit", class: "main" });
    this.toggles = ["reply", "note"].map((mode) =>
      el("button", { type: "button", "data-mode": mode, onclick: () => this.write(mode) }, mode === "note" && icon("note"), t(`compose.${mode}`)),
    );
    this.owner = el("p", { class: "owner" });
    this.offer = el("div", { class: "offer" });
    this.enter = el("input", { type: "checkbox", checked: choice.of("enter"), onchange: () => choice.make("enter", this.enter.checked) });
    const hint = el("label", { class: "soft small wide-only enter" }, this.enter, t("compose.enter"), el("span", {}, t(mac ? "compose.sends_mac" : "compose.sends")));
    this.write_ = el("div", { class: "write" }, this.canned.box, this.names.box, this.files.box, this.field, this.files.input, this.own, el("div", { class: "write-end" }, this.files.button, this.trouble, hint, this.button));
    this.box = el(
      "form", { class: "compose", "aria-label": t("compose.label") },
      el("div", { class: "compose-top" }, el("div", { class: "toggle", role: "group" }, this.toggles), this.suggest.button, this.owner),
      this.suggest.body, this.offer, this.write_,
    );
    this.box.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("input", () => {
      this.changed();
      this.claimByTyping();
      if (this.field.value.trim()) this.presence.typing();
      else this.presence.stopped();
    });
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("blur", () => {
      this.tellTyping(false);
      this.presence.stopped();
    });
  }

  get mine() {
    return this.talk?.state === "assigned" && this.talk.agent?.id === this.me.id;
  }

  /** Whoever begins to answer somebody who waits has claimed them. */
  get claimable() {
    return this.mode === "reply" && this.talk?.state === "queued";
  }

  claimByTyping() {
    const text = this.field.value;
    if (!this.claimable || !text.trim() || text.startsWith("/")) return;
    this.claiming ??= this.act.claim().finally(() => (this.claiming = null));
  }

  draftName(mode = this.mode) {
    return `draft:${this.talk.id}:${mode}`;
  }

  /** Show what may be written in `talk`. A draft is put in only when another conversation opens. */
  show(talk, asked = 0) {
    const other = this.talk?.id !== talk.id;
    this.talk = talk;
    this.canned.language = talk.lang === "ja" ? "ja" : "en";
    if (other) {
      this.mode = "reply";
      this.load();
    }
    this.box.dataset.mode = this.mode;
    this.asked = asked;
    this.showOwner();
  }

  load() {
    this.showOwn(null);
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
    this.write_.hidden = !note && !this.mine && !this.claimable;
    this.offer.hidden = note || this.mine;
    this.files.show(talk.id, this.mine && !note);
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
    this.field.placeholder = t(note ? "compose.note_hint" : this.claimable ? "compose.claim_hint" : "compose.reply_hint");
    this.suggest.show(talk, this.asked, !note && (this.mine || this.claimable));
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

  /** Add to what is written, as a paragraph of its own. */
  insert(text, own = null) {
    const before = this.field.value.trimEnd();
    this.field.value = before ? `${before}\n\n${text}` : text;
    this.changed();
    this.claimByTyping();
    this.showOwn(own);
    this.field.focus();
  }

  /** What a ready-made answer says, for an agent who doesn't read it; until it is changed. */
  showOwn(own) {
    this.ownOf = own ? this.field.value : null;
    this.own.hidden = !own;
    this.own.textContent = own ? t("compose.own", { text: own }) : "";
  }

  /** What ready-made answers speak of: the customer, the agent and the order in question. */
  get values() {
    const { customer, orders, facts } = this.talk;
    return {
      customer: customer?.name || orders?.find((one) => one.proven)?.name,
      agent: this.me.name,
      order: facts?.order_number || (orders?.length === 1 ? orders[0].number : null),
    };
  }

  fill(text, own = null) {
    const { lang } = this.talk;
    const { values } = this;
    this.field.value = filled(text, { ...values, language: lang === "ja" ? "ja" : "en" });
    this.changed();
    this.showOwn(own && filled(own, { ...values, language: lang === "ja" ? "en" : "ja" }));
    this.field.focus();
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
    const foreign = this.mode === "reply" && isOtherLanguage(text, this.talk.lang);
    this.trouble.textContent = over > 0 ? t("compose.too_long", { n: over }) : foreign ? t("compose.other_language", { lang: named("lang", this.talk.lang) }) : "";
    if (!foreign) this.warned = null;
    if (this.ownOf !== null && this.ownOf !== text) this.showOwn(null);
    this.names.look(this.mode === "note");
    this.button.disabled = !text.trim() || over > 0;
    if (this.mode === "reply") this.canned.look();
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, 240)}px`;
    if (text.trim() && !text.startsWith("/")) this.tellTyping(true);
  }

  onKey(event) {
    if (this.canned.onKey(event) || this.names.onKey(event) || event.isComposing) return;
    const always = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && (always || (this.enter.checked && !event.shiftKey && !event.altKey))) {
      event.preventDefault();
      this.box.requestSubmit();
    } else if (event.key === "z" && always && !this.field.value && this.undo()) event.preventDefault();
  }

  /** Take back what was sent a moment ago; whether there was anything. */
  undo() {
    const one = this.talk && this.outbox.undo(this.talk.id);
    this.putBack(one);
    return Boolean(one);
  }

  async send() {
    const { talk, mode } = this;
    this.files.send();
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
    if (mode === "reply" && isOtherLanguage(text, talk.lang) && this.warned !== text) {
      // Said once; sent again, it is meant.
      this.warned = text;
      this.trouble.textContent = t("compose.other_language_sure", { lang: named("lang", talk.lang) });
      return;
    }
    if (this.claimable && (await (this.claiming ?? this.act.claim())) === false) return;
    if (this.talk !== talk && this.talk?.id !== talk.id) return;
    this.outbox.send(talk.id, mode, text, mode === "reply" ? UNDO_MS : 0);
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
