// The pane about the customer: who, which orders, which cases, what was promised, what came before.

import { post, remove } from "./api.js";
import { caseCard, orderCard } from "./cards.js";
import { workOn } from "./casework.js";
import { ask } from "./dialogs.js";
import { byId, el, icon, refill, speak } from "./dom.js";
import { askRemedy, decide, remediesOf } from "./remedies.js";
import { nameOf } from "./row.js";
import { dayAndTime, duration, factValue, named, shortTime, t, timeOf } from "./words.js";

// What may be half typed while the pane is drawn anew.
const FIELDS = ["customer-note", "label"];

export class CustomerPane {
  constructor({ me, open, close, changed, tell }) {
    this.me = me;
    this.tell = tell;
    this.full = null;
    this.box = byId("customer");
    this.open = open;
    this.close = close;
    this.changed = changed;
    this.box.addEventListener("click", (event) => this.onClick(event));
    this.box.addEventListener("submit", (event) => this.onSubmit(event));
  }

  clear() {
    this.talk = null;
    this.box.replaceChildren();
  }

  show(talk) {
    const other = this.talk?.id !== talk.id;
    this.talk = talk;
    if (other) this.full = null;
    const typed = FIELDS.map((id) => this.box.querySelector(`#${id}`)?.value ?? "");
    const focused = FIELDS.find((id) => document.activeElement?.id === id);
    const open = other ? null : [...this.box.querySelectorAll("details")].map((one) => one.open);
    const sections = [
      this.who(talk), this.notes(talk), this.waiting(talk), this.facts(talk), this.orders(talk), this.cases(talk), this.promises(talk),
      this.rating(talk), this.labels(talk), this.earlier(talk), this.events(talk),
    ];
    const shape = JSON.stringify([talk.id, this.full, { ...talk, updated_at: 0, read_seq: 0, last_seq: 0, message_count: 0, seen_at: 0, summary: 0, queue: 0 }]);
    if (shape === this.shape) return;
    this.shape = shape;
    refill(this.box, sections.filter(Boolean));
    if (open) [...this.box.querySelectorAll("details")].forEach((one, at) => at < open.length && (one.open = open[at]));
    if (!other) FIELDS.forEach((id, at) => (this.box.querySelector(`#${id}`).value = typed[at]));
    if (focused) this.box.querySelector(`#${focused}`)?.focus();
    if (other) this.box.scrollTop = 0;
  }

  who(talk) {
    const { customer } = talk;
    const pairs = [
      customer?.email && [t("customer.email"), this.full?.email ?? customer.email],
      talk.contact && [t("customer.contact"), this.full?.contact ?? talk.contact],
      [t("customer.language"), named("lang", talk.lang ?? customer?.lang ?? "en")],
      [t("customer.channels"), talk.channels.map((one) => named("channel", one)).join(", ")],
      customer?.tier && [t("customer.tier"), named("tier", customer.tier)],
      customer && [t("customer.member"), shortTime(customer.since)],
      !customer && [t("customer.first_seen"), dayAndTime(talk.since)],
      [t("customer.last_seen"), dayAndTime(talk.seen_at)],
      talk.page && [t("customer.page"), talk.page],
    ].filter(Boolean);
    return el(
      "section", { class: "who-pane" },
      el("div", { class: "pane-top" }, el("h2", {}, nameOf(talk)), el("button", { type: "button", class: "quiet square pane-button", "data-close": true, title: t("customer.close") }, icon("close"), el("span", { class: "hidden" }, t("customer.close")))),
      !customer && el("p", { class: "soft small" }, t("customer.anonymous")),
      this.pairs(pairs),
      (customer?.email || talk.contact) && !this.full &&
        el("button", { type: "button", class: "small", "data-reveal": true, title: t("customer.reveal_recorded") }, t("customer.reveal")),
    );
  }

  notes(talk) {
    const list = talk.notes.map((one) =>
      el(
        "li", { class: "customer-note" },
        el("p", { dir: "auto" }, one.text),
        el("p", { class: "small soft" }, `${one.agent.name} · ${dayAndTime(one.at)}`, " ",
          (one.agent.id === this.me.id || this.me.lead) && el("button", { type: "button", class: "link", "data-strike": one.id }, t("customer.strike_note"))),
      ));
    return this.section(
      "notes",
      list.length > 0 && el("ul", { class: "plain" }, list),
      el("form", { class: "note-form" }, el("label", { class: "hidden", for: "customer-note" }, t("customer.add_note")), el("input", { id: "customer-note", maxlength: "1000", placeholder: t("customer.add_note"), autocomplete: "off" })),
    );
  }

  waiting(talk) {
    if (!talk.queue) return null;
    const { position, told } = talk.queue;
    const range = t(told[0] < 60 ? "customer.told_up" : "customer.told", { low: duration(told[0]), high: duration(told[1]) });
    const choice = { message: "list.left_message", callback: "list.callback" }[talk.ticket?.choice];
    return this.section("queue", el("p", {}, t("customer.position", { n: position }), el("span", { class: "soft small" }, ` · ${range}`)), choice && el("p", {}, t(choice), talk.ticket.callback_at ? ` · ${dayAndTime(talk.ticket.callback_at)}` : ""));
  }

  facts(talk) {
    const known = Object.entries(talk.facts ?? {}).filter(
      // What was told as a sentence stands in the summary.
      ([name, value]) => ["string", "number"].includes(typeof value) && !name.startsWith("told_"),
    );
    if (!known.length) return null;
    return this.section("facts", this.pairs(known.map(([name, value]) => [named("fact", name), factValue(name, value, talk.orders)])));
  }

  orders(talk) {
    if (!talk.orders_available) return this.section("orders", el("p", { class: "soft small" }, t("customer.orders_down")));
    if (!talk.orders.length) return this.section("orders", el("p", { class: "soft small" }, t("customer.no_orders")));
    return this.section("orders", talk.orders.map((order) => orderCard(order, remediesOf(order, { me: this.me, mine: talk.state === "assigned" && talk.agent?.id === this.me.id }))));
  }

  cases(talk) {
    return talk.cases.length ? this.section("cases", talk.cases.map((one) => caseCard(one, talk.orders))) : null;
  }

  promises(talk) {
    if (!talk.promises.length) return null;
    return this.section(
      "promises",
      el("ul", { class: "plain small" }, talk.promises.map((one) => {
        const over = one.overdue;
        const word = one.kept_at ? "kept" : over ? "overdue" : null;
        return el("li", {}, el("span", {}, promised(one.what)), " ", el("span", { class: "soft" }, t("customer.due", { when: dayAndTime(one.due_at) })), word && el("span", { class: `chip ${over ? "over" : ""}` }, icon(over ? "over" : "check"), t(`customer.${word}`)), one.state === "open" && el("button", { type: "button", class: "quiet", "data-kept": one.id }, t("tasks.done")));
      })),
    );
  }

  rating(talk) {
    const given = [talk.feedback, ...talk.ratings].filter(Boolean);
    if (!given.length) return null;
    return this.section("rating", el("ul", { class: "plain small" }, given.map((one) =>
      el("li", {}, t("customer.stars", { n: one.score }), el("span", { class: "soft" }, ` · ${shortTime(one.at)}`), one.comment && el("p", { dir: "auto" }, `“${one.comment}”`)))));
  }

  labels(talk) {
    return this.section(
      "labels",
      talk.labels.length > 0 && el("p", { class: "labels" }, talk.labels.map((label) =>
        el("button", { type: "button", class: "label", "data-unlabel": label, title: t("customer.remove_label", { label }) }, label, icon("close", t("customer.remove_label", { label }))))),
      el("form", { class: "label-form" }, el("label", { class: "hidden", for: "label" }, t("customer.add_label")), el("input", { id: "label", maxlength: "40", placeholder: t("customer.add_label"), autocomplete: "off" })),
    );
  }

  earlier(talk) {
    if (!talk.earlier.length) return null;
    return this.section("earlier", el("ul", { class: "plain small" }, talk.earlier.map((one) =>
      el("li", {}, el("a", { href: `/desk/c/${one.id}`, "data-open": one.id }, shortTime(one.updated_at), " · ", one.reason ? named("reason", one.reason) : named("intent", one.topic ?? "inform")), el("span", { class: "soft clamp", dir: "auto" }, one.last_message)))));
  }

  events(talk) {
    if (!talk.events.length) return null;
    return el("section", {}, el("details", {}, el("summary", {}, el("h3", {}, t("customer.events"))), el("ol", { class: "plain small events" }, talk.events.map((event) => {
      const who = event.actor.name ?? named("actor", event.actor.kind);
      const why = event.to === "queued" && event.why ? named(event.why in { transfer: 1, reopened: 1, "agent vanished": 1, "snooze over": 1, "no answer": 1, abuse: 1 } ? "why" : "reason", event.why) : named(event.to === "resolved" ? "resolve_reason" : "why", (event.why ?? "").replace(/ by agent:\d+$/, ""));
      return el("li", {}, el("time", { class: "soft", datetime: event.at }, timeOf(event.at)), " ", `${who}: ${named("event", event.to)}`, why ? el("span", { class: "soft" }, ` (${why})`) : null);
    }))), el("p", { class: "small" }, el("a", { href: `/desk/transcripts/${talk.id}` }, t("head.print"))));
  }

  section(name, ...content) {
    return el("section", {}, el("h3", {}, t(`customer.${name}`)), ...content);
  }

  pairs(pairs) {
    return el("dl", { class: "pairs small" }, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  }

  async attempt(change) {
    const { id } = this.talk;
    try {
      if (await change()) this.changed(id);
    } catch (problem) {
      speak(t("banner.action_failed", { why: problem.message }));
    }
  }

  onClick(event) {
    const worked = event.target.closest("[data-case]");
    if (worked) this.attempt(() => workOn(worked.dataset.case, worked.dataset.state));
    const kept = event.target.closest("[data-kept]");
    if (kept) this.attempt(() => post(`tasks/${kept.dataset.kept}/done`));
    const opened = event.target.closest("[data-open]");
    if (opened && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.open(opened.dataset.open);
    }
    if (event.target.closest("[data-close]")) this.close();
    if (event.target.closest("[data-reveal]")) this.reveal();
    const struck = event.target.closest("[data-strike]");
    if (struck) this.strike(struck.dataset.strike);
    const remedy = event.target.closest("[data-remedy]");
    if (remedy) this.remedy(remedy.dataset.remedy, remedy.dataset.order);
    const decided = event.target.closest("[data-approve], [data-decline]");
    if (decided) this.decide(decided.dataset.approve ?? decided.dataset.decline, decided.dataset.approve ? "approve" : "decline");
    const unlabel = event.target.closest("[data-unlabel]");
    if (unlabel) this.label({ remove: [unlabel.dataset.unlabel] });
  }

  onSubmit(event) {
    event.preventDefault();
    if (event.target.matches(".note-form")) return void this.addNote();
    const field = this.box.querySelector("#label");
    const label = field.value.trim();
    if (!label) return;
    field.value = "";
    this.label({ add: [label] });
  }

  /** The addresses in full: asked for, and recorded that they were. */
  async reveal() {
    const { id } = this.talk;
    const found = await post(`conversations/${id}/contact`).catch(() => null);
    if (this.talk?.id !== id || !found) return;
    this.full = found;
    this.show(this.talk);
  }

  async remedy(kind, number) {
    const { id } = this.talk;
    if (await askRemedy(this.talk, kind, number, this.tell)) this.changed(id);
  }

  async decide(remedy, word) {
    const { id } = this.talk;
    try {
      await decide(remedy, word);
    } catch (problem) {
      this.tell(t("banner.action_failed", { why: problem.message }));
    }
    this.changed(id);
  }

  async addNote() {
    const field = this.box.querySelector("#customer-note");
    const text = field.value.trim();
    if (!text) return;
    const { id } = this.talk;
    // The same id for the same words: pressed twice, it is one note.
    this.noted = this.noted?.text === text && this.noted.id === id ? this.noted : { id, text, client_id: crypto.randomUUID() };
    try {
      await post(`conversations/${id}/customer-notes`, { client_id: this.noted.client_id, text });
    } catch {
      return; // What was typed stays in the field.
    }
    this.noted = null;
    // The pane may have been drawn anew meanwhile, with what was typed.
    const now = this.box.querySelector("#customer-note");
    if (this.talk?.id === id && now?.value.trim() === text) now.value = "";
    this.changed(id);
  }

  async strike(note) {
    const { id } = this.talk;
    if ((await ask({ title: t("customer.strike_note"), lead: t("customer.strike_lead"), submit: t("customer.strike_note") })) === null) return;
    await remove(`conversations/${id}/customer-notes/${note}`).catch(() => {});
    this.changed(id);
  }

  async label(body) {
    const { id } = this.talk;
    await post(`conversations/${id}/label`, body).catch(() => {});
    this.changed(id);
  }
}

/** The server's own promises in the agent's language; others are the words of whoever made them. */
function promised(what) {
  const contact = /^call back at (.*)$/.exec(what)?.[1];
  return contact ? t("promise.call back", { contact }) : named("promise", what);
}
