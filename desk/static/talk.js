// The open conversation: its head, summary, messages and answer box, kept up to date.

import { Problem, get } from "./api.js";
import { byId, el } from "./dom.js";
import { Find } from "./find.js";
import { Head, Summary } from "./head.js";
import { seen } from "./kept.js";
import { Log } from "./log.js";
import { nameOf } from "./row.js";
import { dayAndTime, named, t } from "./words.js";

const PAGE = 500;
const GATHER_MS = 120;

export class Talk {
  /** `shown(talk)`: whenever the conversation was read anew. `read(id)`: it is on the screen. */
  constructor({ me, outbox, act, composer, presence, shown, read }) {
    this.me = me;
    this.composer = composer;
    this.presence = presence;
    this.shown = shown;
    this.read = read;
    this.pane = byId("main");
    this.head = new Head(me, act);
    this.log = new Log(outbox, (one) => composer.putBack(one));
    this.find = new Find(this.log);
    this.summary = new Summary((seq) => this.log.jump(seq));
    this.talk = null;
    this.id = null;
    this.times = 0; // how often a conversation was opened
    document.addEventListener("visibilitychange", () => this.noteSeen());
    this.empty();
  }

  empty(text = t("thread.none"), more = t("thread.none_more")) {
    this.id = null;
    this.talk = null;
    this.presence.open(null);
    this.say(el("p", {}, text), more && el("p", { class: "soft small wide-only" }, more));
  }

  say(...content) {
    this.pane.replaceChildren(el("div", { class: "nobody" }, content));
  }

  async open(id) {
    this.id = id;
    this.talk = null;
    this.times += 1;
    this.asking?.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const [talk, found] = await Promise.all([get(`conversations/${id}`, { signal }), this.after(id, 0, signal)]);
      if (this.id !== id) return;
      this.find.close();
      this.log.reset(id, { me: this.me.id, customer: nameOf(talk), lang: talk.lang });
      if (this.pane.firstChild !== this.head.box) {
        this.pane.replaceChildren(this.head.box, this.find.box, this.summary.box, this.log.box, this.presence.box, this.composer.box);
      }
      this.log.append(found.messages);
      this.take(talk, true);
      this.log.toEnd(false); // the summary and the answer box have taken their room
      this.presence.open(id);
      this.log.showUnsent();
      this.log.showRead(found.read_seq);
      this.noteSeen();
    } catch (error) {
      if (signal.aborted || this.id !== id) return;
      if (!(error instanceof Problem)) throw error;
      if (error.status === 404) this.empty(t("thread.gone"), null);
      // The next sync tries again by itself, too.
      else this.say(el("p", {}, t("thread.failed")), el("button", { type: "button", onclick: () => this.open(id) }, t("list.retry")));
    } finally {
      if (this.asking?.signal === signal) {
        this.asking = null;
        this.syncAgain();
      }
    }
  }

  async after(id, after, signal) {
    const all = [];
    for (;;) {
      const page = await get(`conversations/${id}/messages?after=${all.at(-1)?.seq ?? after}&limit=${PAGE}`, { signal });
      all.push(...page.messages);
      if (page.messages.length < PAGE) return { ...page, messages: all };
    }
  }

  /** Something is new here: look soon, once for many hints. */
  syncSoon() {
    this.soon ??= setTimeout(() => {
      this.soon = null;
      this.sync();
    }, GATHER_MS);
  }

  async sync() {
    const id = this.id;
    if (!id) return;
    if (this.asking || this.syncing) {
      this.again = true;
      return;
    }
    if (!this.talk) {
      await this.open(id);
      return;
    }
    const { times } = this;
    this.syncing = true;
    try {
      const found = await this.after(id, this.log.last);
      const talk = await get(`conversations/${id}`);
      // Opened anew meanwhile: what was asked for would leave a gap in what is there now.
      if (this.times !== times || this.id !== id) return;
      this.log.append(found.messages);
      const resolved = (state) => state === "resolved";
      // Masked once resolved, and not before; moved to a newer matter; or erased.
      if (resolved(talk.state) !== resolved(this.talk.state) || this.log.messages.length > talk.message_count) {
        await this.open(id);
        return;
      }
      this.take(talk, false);
      this.log.showUnsent();
      this.log.showRead(talk.read_seq);
      this.noteSeen();
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Problem)) throw error;
      if (error.status === 404 && this.id === id) this.empty(t("thread.gone"), null);
    } finally {
      this.syncing = false;
      this.syncAgain();
    }
  }

  /** What was new while we were busy. */
  syncAgain() {
    if (!this.again) return;
    this.again = false;
    this.syncSoon();
  }

  take(talk, other) {
    const reason = talk.resolve_reason && named("resolve_reason", talk.resolve_reason);
    const when = talk.resolved_at ? dayAndTime(talk.resolved_at) : "";
    talk.resolvedWords = t(reason ? "banner.resolved_by" : "banner.resolved", { when, reason });
    this.talk = talk;
    this.head.show(talk);
    this.summary.show(talk, other);
    this.composer.show(talk, this.log.lastOfCustomer);
    this.shown(talk, other);
  }

  /** To the place where a person was asked for. */
  jumpToHandover() {
    if (this.log.handover) this.log.jump(this.log.handover);
  }

  /** What is on a visible screen has been seen. */
  noteSeen() {
    if (!this.id || document.hidden || !this.log.lastOfCustomer) return;
    seen.note(this.id, this.log.lastOfCustomer);
    this.read(this.id);
  }
}
