// What may be answered: articles near the customer's question, and vetted replies that suit.

import { get } from "./api.js";
import { el, icon } from "./dom.js";
import { choice } from "./kept.js";
import { lang, t } from "./words.js";

export class Suggestions {
  /** `insert(text, own)`: add to the answer; `fill(text, own)`: put in place of it. `own`: the same
   *  in the agent's language, where the customer's is another. */
  constructor({ insert, fill, told }) {
    this.insert = insert;
    this.fill = fill;
    this.told = told;
    this.body = el("div", { id: "suggestions", class: "suggestions", hidden: true });
    this.button = el("button", { type: "button", class: "quiet small", "aria-expanded": "false", "aria-controls": "suggestions", onclick: () => this.toggle() }, icon("page"), t("suggest.title"));
    this.open = choice.of("suggestions");
    this.talk = null;
  }

  /** `asked`: the seq of the customer's newest message; a new one makes new suggestions. */
  show(talk, asked, usable) {
    this.button.hidden = !usable;
    const key = `${talk.id}:${asked}`;
    const other = key !== this.key;
    this.key = key;
    this.talk = talk;
    this.draw(usable && this.open, other);
  }

  toggle() {
    this.open = !this.open;
    choice.make("suggestions", this.open);
    this.draw(this.open, true);
  }

  draw(open, anew) {
    this.body.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open && (anew || !this.body.childNodes.length)) this.load();
  }

  async load() {
    const { key } = this;
    let found;
    try {
      found = await get(`conversations/${this.talk.id}/suggestions`);
    } catch {
      if (key === this.key) this.body.replaceChildren(el("p", { class: "soft small" }, t("suggest.failed")));
      return;
    }
    if (key !== this.key) return;
    const language = found.lang === "ja" ? "ja" : "en";
    const rows = [
      ...found.articles.map((one) => this.article(one)),
      ...found.replies.map((one) => this.reply(one, language)),
    ];
    this.body.replaceChildren(
      rows.length ? el("ul", { class: "plain" }, rows) : el("p", { class: "soft small" }, t("suggest.none")),
    );
  }

  /** What is taken has done its service: the messages get their room back. */
  taken(take) {
    this.draw(false, false);
    take();
  }

  article(one) {
    const address = new URL(one.url, location.origin).href;
    const text = `${one.passage}\n\n${one.title}\n${address}`;
    return this.row(
      [icon("page"), el("a", { href: address, target: "_blank", rel: "noopener noreferrer", lang: one.lang }, one.title), el("span", { class: "soft" }, t("suggest.fits", { n: Math.round(one.score * 100) }))],
      one.passage, one.lang, one.own_passage && `${one.own_title}: ${one.own_passage}`,
      () => this.insert(text, one.own_passage), t("suggest.insert", { what: one.title }),
    );
  }

  reply(one, language) {
    const text = one.text[language];
    const own = language === lang ? null : one.text[lang];
    return this.row([icon("note"), `/${one.key}`], this.told(text, language), language, own && this.told(own, lang), () => this.fill(text, own), t("suggest.use", { what: `/${one.key}` }));
  }

  row(head, text, language, own, take, name) {
    return el(
      "li", { class: "small" },
      el("p", { class: "head" }, head, el("button", { type: "button", class: "push", "aria-label": name, onclick: () => this.taken(take) }, t("suggest.take"))),
      el("p", { class: "clamp", lang: language, dir: "auto" }, text),
      own && el("p", { class: "clamp soft", dir: "auto" }, icon("assistant", t("suggest.own")), own),
    );
  }
}
