// The messages of the open conversation: appended in place, never moved under a reader's eyes.

import { bubble } from "./bubble.js";
import { el, icon, refill } from "./dom.js";
import { dayName, dayOf, t } from "./words.js";

const NEAR_PX = 80;
const TYPING_MS = 6000;

export class Log {
  constructor(outbox, putBack) {
    this.outbox = outbox;
    this.putBack = putBack;
    this.lines = el("ol", { class: "lines" });
    this.unsent = el("ol", { class: "lines unsent", "aria-live": "off" });
    this.typing = el("p", { class: "typing soft small", role: "status" });
    this.scroller = el("div", { class: "scroller", tabindex: "0", role: "log", "aria-label": t("thread.label"), "aria-live": "off" }, this.lines, this.unsent, this.typing);
    this.below = el("button", { type: "button", class: "below", hidden: true, onclick: () => this.toEnd(true) });
    this.box = el("div", { class: "log-box" }, this.scroller, this.below);
    this.scroller.addEventListener("scroll", () => this.nearEnd() && this.clearBelow());
    this.reset(null, {});
  }

  reset(id, context) {
    this.id = id;
    this.context = { ...context, id, articleAfter: (seq) => this.articleAfter(seq) };
    this.messages = [];
    this.unseen = 0;
    this.scroller.setAttribute("aria-live", "off");
    this.lines.replaceChildren();
    this.unsent.replaceChildren();
    this.showTyping(false);
    this.clearBelow();
  }

  get last() {
    return this.messages.at(-1)?.seq ?? 0;
  }

  get lastOfCustomer() {
    return this.messages.findLast((message) => message.author === "customer")?.seq ?? 0;
  }

  /** Show `found`. The first time at the end; later only where the reader is there already. */
  append(found) {
    const first = this.messages.length === 0;
    const stay = !first && !this.nearEnd();
    for (const message of found) {
      if (message.seq <= this.last) continue;
      const before = this.messages.at(-1);
      const newDay = !before || dayOf(before.created_at) !== dayOf(message.created_at);
      if (newDay) this.lines.append(el("li", { class: "day" }, el("span", {}, dayName(message.created_at))));
      this.lines.append(bubble(message, newDay ? null : before, this.context));
      this.messages.push(message);
      if (message.author === "customer") this.showTyping(false);
      if (stay && message.author !== "system") this.unseen += 1;
    }
    if (found.length) this.outbox.arrived(this.id, this.last);
    if (first) {
      this.toEnd(false);
      requestAnimationFrame(() => this.scroller.setAttribute("aria-live", "polite"));
    } else if (!stay && found.length) this.toEnd(false);
    this.showBelow();
  }

  showUnsent() {
    const stick = this.nearEnd();
    const list = this.outbox.of(this.id).filter((one) => !(one.seq && one.seq <= this.last));
    // Where nothing has changed it stays: somebody may be about to press "Undo".
    const changed = refill(
      this.unsent,
      list.map((one) => {
        const held = this.outbox.held(one);
        const state = one.failed ? "failed_send" : held ? "held" : one.retrying ? "retrying" : "sending";
        return el(
          "li",
          { class: `line ${one.mode === "note" ? "note" : "agent"} ${one.failed ? "failed" : "pending"}`, "data-client": one.client_id },
          el("div", { class: "text", dir: "auto" }, one.text),
          el(
            "p",
            { class: "small aside" },
            one.failed && icon("over"),
            el("span", {}, t(`thread.${state}`), one.failed ? `: ${one.failed}` : ""),
            held && el("button", { type: "button", class: "link undo", onclick: () => this.putBack(this.outbox.discard(one.client_id)) }, t("thread.undo")),
            one.failed && el("button", { type: "button", class: "link", onclick: () => this.outbox.resend(one.client_id) }, t("thread.resend")),
            one.failed && el("button", { type: "button", class: "link", onclick: () => this.putBack(this.outbox.discard(one.client_id)) }, t("thread.discard")),
          ),
        );
      }),
    );
    if (stick && changed) this.toEnd(false);
  }

  showTyping(typing) {
    this.customerTypes = typing;
    clearTimeout(this.untyped);
    const stick = this.nearEnd();
    this.typing.replaceChildren(
      ...(typing ? [el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), t("thread.typing")] : []),
    );
    if (typing) {
      this.untyped = setTimeout(() => this.showTyping(false), TYPING_MS);
      if (stick) this.toEnd(false);
    }
  }

  /** "Read" below the last answer that the customer has seen. */
  showRead(readSeq) {
    this.lines.querySelector(".read")?.remove();
    const read = this.messages.findLast((one) => one.author === "agent" && !one.private && one.seq <= readSeq);
    if (!read) return;
    const mark = el("p", { class: "small soft aside read" }, icon("check"), t("thread.read"));
    this.lines.querySelector(`[data-seq="${read.seq}"]`)?.append(mark);
  }

  /** Mark `word` wherever it stands in what was said; the seqs of those messages, oldest first. */
  mark(word) {
    const wanted = word.toLocaleLowerCase();
    const hits = [];
    for (const message of this.messages) {
      const text = this.lines.querySelector(`[data-seq="${message.seq}"] .text`);
      if (!text) continue;
      const parts = wanted ? split(message.text, wanted) : [message.text];
      if (parts.length > 1) hits.push(message.seq);
      if (parts.length > 1 || text.querySelector("mark")) {
        text.replaceChildren(...parts.map((part, at) => (at % 2 ? el("mark", {}, part) : part)));
      }
    }
    return hits;
  }

  /** The message with which the conversation was last handed over to people. */
  get handover() {
    return this.messages.findLast((one) => one.author === "system" && one.kind === "handover" && !one.private)?.seq ?? null;
  }

  /** The article with which the assistant answered the customer's message `seq`. */
  articleAfter(seq) {
    const next = this.messages.find((one) => one.seq > seq && one.author === "customer")?.seq ?? Infinity;
    return this.messages.find((one) => one.seq > seq && one.seq < next && one.kind === "article")?.data ?? null;
  }

  /** The customer's messages that nobody has answered yet. */
  get unanswered() {
    const answered = this.messages.findLast((one) => one.author === "agent" && !one.private)?.seq ?? 0;
    return this.messages.filter((one) => one.author === "customer" && one.seq > answered).length;
  }

  jump(seq, { focus = true } = {}) {
    const line = this.lines.querySelector(`[data-seq="${seq}"]`);
    if (!line) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    line.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    line.classList.add("shown");
    if (focus) line.focus({ preventScroll: true });
    setTimeout(() => line.classList.remove("shown"), 2500);
  }

  nearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  toEnd(smooth) {
    const calm = !smooth || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: calm ? "instant" : "smooth" });
    this.clearBelow();
  }

  showBelow() {
    this.below.hidden = this.unseen === 0;
    const words = t(this.unseen === 1 ? "thread.new" : "thread.new_many", { n: this.unseen });
    this.below.replaceChildren(icon("down"), words);
  }

  clearBelow() {
    this.unseen = 0;
    this.below.hidden = true;
  }
}

/** `text` cut at every `wanted` (lower case): even parts are beside it, odd ones are it. */
function split(text, wanted) {
  const lower = text.toLocaleLowerCase();
  if (lower.length !== text.length) return [text]; // a letter whose small form is longer
  const parts = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), text.slice(at, at + wanted.length));
    from = at + wanted.length;
  }
  return [...parts, text.slice(from)];
}
