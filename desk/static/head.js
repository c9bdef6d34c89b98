// The head of the open conversation: whose it is, and what can be done with it.

import { el, icon, refill } from "./dom.js";
import { moodChip, nameOf, reasonChip, stateWords } from "./row.js";
import { dayAndTime, named, t } from "./words.js";

export class Head {
  /** `act`: claim, takeOver, giveBack, transfer, resolve, reopen, snooze, macro, abuse, find, handover, back,
   *  details. */
  constructor(me, act) {
    this.me = me;
    this.act = act;
    this.box = el("header", { class: "talk-head" });
  }

  show(talk) {
    const actions = this.actions(talk).map(([word, what, main]) => {
      const made = el("button", { type: "button", class: main ? "main" : null, "data-act": what }, t(`head.${word}`));
      return made;
    });
    const changed = refill(
      this.box,
      el("button", { type: "button", class: "quiet square narrow-only", "data-act": "back", title: t("head.back") }, icon("back"), el("span", { class: "hidden" }, t("head.back"))),
      el(
        "div",
        { class: "who" },
        el("h1", {}, nameOf(talk)),
        el(
          "p",
          { class: "small" },
          el("span", { class: `state ${talk.state}` }, stateWords(talk, this.me.id)),
          talk.snoozed_until && el("span", { class: "chip" }, icon("clock"), t("head.snoozed", { when: dayAndTime(talk.snoozed_until) })),
          moodChip(talk.anger),
          reasonChip(talk),
          el("span", { class: "soft" }, [named("channel", talk.channel), talk.lang && named("lang", talk.lang)].filter(Boolean).join(" · ")),
        ),
      ),
      el("div", { class: "acts" }, actions),
      this.more(talk),
      el("button", { type: "button", class: "quiet square pane-button", "data-act": "details", title: t("head.details") }, icon("person"), el("span", { class: "hidden" }, t("head.details"))),
    );
    if (changed) {
      for (const button of this.box.querySelectorAll("[data-act]")) {
        button.addEventListener("click", () => {
          const menu = button.closest("details");
          if (menu) menu.open = false;
          this.act[button.dataset.act]();
        });
      }
    }
  }

  /** What is wanted less often. It stays open while the rest of the head changes. */
  more(talk) {
    const mine = talk.state === "assigned" && (talk.agent?.id === this.me.id || this.me.lead);
    const items = [
      mine && [talk.snoozed_until ? "unsnooze" : "snooze", "snooze"],
      talk.state === "assigned" && talk.agent?.id === this.me.id && ["macro", "macro"],
      mine && ["abuse", "abuse"],
      ["find", "find"],
      talk.reason && ["handover", "handover"],
    ].filter(Boolean);
    return el(
      "details", { class: "menu more", open: this.box.querySelector(".more")?.open ?? false },
      el("summary", { title: t("head.more") }, icon("more"), el("span", { class: "hidden" }, t("head.more"))),
      el("div", { class: "menu-sheet" }, items.map(([word, what]) => el("button", { type: "button", "data-act": what }, t(`head.${word}`)))),
    );
  }

  actions(talk) {
    const mine = talk.state === "assigned" && talk.agent?.id === this.me.id;
    if (talk.state === "resolved") return talk.newest ? [["reopen", "reopen"]] : [];
    if (mine) return [["return", "giveBack"], ["transfer", "transfer"], ["resolve", "resolve", true]];
    if (talk.state === "queued") return [["transfer", "transfer"], ["resolve", "resolve"], ["claim", "claim", true]];
    if (talk.state === "bot") return [["resolve", "resolve"], ["take_over", "takeOver"]];
    return this.me.lead ? [["take_over", "takeOver"], ["transfer", "transfer"], ["resolve", "resolve"]] : [];
  }
}

/** The handover summary: each line opens the message it was taken from. */
export class Summary {
  constructor(jump) {
    this.jump = jump;
    this.lines = el("dl");
    this.box = el("details", { class: "summary-box" }, el("summary", {}, t("summary.title")), this.lines);
  }

  show(talk, other) {
    const lines = talk.summary ?? [];
    this.box.hidden = !lines.length || (talk.state === "bot" && !talk.reason);
    if (other) this.box.open = talk.state === "queued" || talk.state === "assigned";
    // Read before the claim; after it a phone needs the room for the answer.
    if (talk.state === "assigned" && this.state !== "assigned" && matchMedia("(max-width: 44rem)").matches) this.box.open = false;
    this.state = talk.state;
    refill(
      this.lines,
      lines.map((line) =>
        el(
          "div",
          {},
          el("dt", {}, line.label),
          el("dd", { dir: "auto" }, line.seq ? el("button", { type: "button", class: "link", "data-seq": line.seq, title: t("summary.go") }, line.text) : line.text),
        ),
      ),
    );
    this.lines.onclick = (event) => {
      const seq = event.target.closest("[data-seq]")?.dataset.seq;
      if (seq) this.jump(Number(seq));
    };
  }
}
