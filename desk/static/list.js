// The views and the list of conversations. It is renewed in place: no jump, no lost focus.

import { Problem, get } from "./api.js";
import { byId, el } from "./dom.js";
import { Filters } from "./filters.js";
import { keep, kept } from "./kept.js";
import { presentChip, row, showWait } from "./row.js";
import { t } from "./words.js";

const VIEWS = {
  queue: { query: { state: "queued", sort: "queue" }, more: true },
  mine: { query: { state: "assigned", agent: "me", snoozed: "0", sort: "newest" }, more: true },
  open: { query: { state: "queued,assigned", snoozed: "0", sort: "newest" }, withState: true },
  bot: { query: { state: "bot", sort: "newest" } },
  snoozed: { query: { snoozed: "1", sort: "newest" }, withState: true },
  resolved: { query: { state: "resolved", sort: "newest" } },
};
// A number beside a view is counted up to here.
const MOST_COUNTED = 1000;
const PAGE = 50;
const MOST = 200;
const GATHER_MS = 250;
// Longer nobody presses; an end of which nobody tells (over a menu, say) is made up for.
const PRESSED_MS = 2000;

export class List {
  constructor(me, open, { lead = false } = {}) {
    this.me = me;
    this.open = open;
    this.saved = null;
    this.view = VIEWS[kept("view", "queue")] ? kept("view", "queue") : "queue";
    this.q = "";
    this.wanted = PAGE;
    this.opened = null;
    this.rows = [];
    this.box = byId("list");
    this.items = el("ul", { class: "rows-list" });
    this.foot = el("div", { class: "list-foot" });
    this.box.append(this.items, this.foot);
    this.items.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-id]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      this.open(link.dataset.id);
    });
    // Under a press nothing is drawn anew: on what is gone when it ends it would be lost.
    this.items.addEventListener("pointerdown", () => (this.pressed = setTimeout(() => this.released(), PRESSED_MS)));
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => this.pressed && setTimeout(() => this.released()));
    byId("views").addEventListener("click", (event) => {
      const button = event.target.closest("[data-view]");
      if (button) this.choose(button.dataset.view);
    });
    this.filters = new Filters({
      lead,
      current: () => this.base,
      changed: () => this.renew(),
      choose: (view) => this.chooseSaved(view),
    });
    this.setUpSearch();
    this.showView();
    setInterval(() => this.items.querySelectorAll(".wait").forEach(showWait), 5000);
  }

  setUpSearch() {
    const field = byId("q");
    let soon = null;
    const search = () => {
      clearTimeout(soon);
      const q = field.value.trim();
      if (q === this.q) return;
      this.q = q;
      this.renew();
    };
    field.addEventListener("input", () => {
      clearTimeout(soon);
      soon = setTimeout(search, 300);
    });
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      search();
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !field.value) return;
      event.stopPropagation();
      field.value = "";
      search();
    });
  }

  /** What the chosen view asks for, without the filters. */
  get base() {
    return this.saved ? Object.fromEntries(new URLSearchParams(this.saved.query)) : VIEWS[this.view].query;
  }

  choose(view) {
    this.view = view;
    this.saved = null;
    keep("view", view);
    this.start();
  }

  /** A view kept under a name: its own filters in place of those in the form. */
  chooseSaved(view) {
    this.saved = view;
    this.filters.set({});
    this.start();
  }

  start() {
    byId("q").value = "";
    this.q = "";
    this.renew();
  }

  /** Something else is asked for: from the top. */
  renew() {
    this.wanted = PAGE;
    this.box.scrollTop = 0;
    this.showView();
    this.refresh();
  }

  showView() {
    for (const button of byId("views").querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(!this.q && !this.saved && button.dataset.view === this.view));
    }
    this.filters.showViews(this.q ? null : this.saved?.id ?? null);
  }

  showCounts(counts) {
    const open = counts.queued + counts.assigned;
    const shown = { queue: counts.queued, mine: counts.mine, open, bot: counts.bot, snoozed: counts.snoozed };
    for (const [view, number] of Object.entries(shown)) {
      const said = number >= MOST_COUNTED ? `${MOST_COUNTED - 1}+` : number || "";
      byId("views").querySelector(`[data-count="${view}"]`).textContent = said;
    }
    document.title = document.title.replace(/^(\(\d+\) )?/, counts.queued ? `(${counts.queued}) ` : "");
  }

  /** Ask soon; many reasons to ask within a moment are one. */
  refreshSoon() {
    this.soon ??= setTimeout(() => {
      this.soon = null;
      this.refresh();
    }, GATHER_MS);
  }

  async refresh() {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const query = this.q ? { q: this.q, sort: "newest" } : this.base;
    const parameters = new URLSearchParams({ ...query, ...this.filters.query, limit: this.wanted });
    try {
      const page = await get(`conversations?${parameters}`, { signal: asking.signal });
      this.rows = page.conversations;
      this.show(page);
    } catch (error) {
      if (asking.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      if (!this.rows.length) this.showFoot(t("list.failed"), t("list.retry"), () => this.refresh());
    } finally {
      if (this.asking === asking) this.asking = null;
    }
  }

  released() {
    clearTimeout(this.pressed);
    this.pressed = null;
    if (this.late) this.show(this.late);
  }

  show(page) {
    this.late = this.pressed ? page : null;
    if (this.late) return;
    const options = {
      me: this.me, target: page.target_s, fetchedAt: Date.now(),
      withState: Boolean(this.q || this.saved) || Boolean(VIEWS[this.view].withState),
    };
    const anchor = this.anchor();
    const focused = this.items.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    const known = new Map([...this.items.children].map((item) => [item.dataset.id, item]));
    const wanted = page.conversations.map((one) => {
      const item = known.get(one.id) ?? el("li", { "data-id": one.id });
      const opened = one.id === this.opened;
      const signature = JSON.stringify([{ ...one, waiting_s: 0, unanswered_s: 0, present: one.present.map((who) => [who.id, who.doing]) }, opened, options.withState]);
      const fresh = row(one, { ...options, opened });
      if (item.dataset.signature !== signature || item.firstChild.classList.contains("unread") !== fresh.classList.contains("unread")) {
        item.dataset.signature = signature;
        item.replaceChildren(fresh);
      }
      return item;
    });
    for (const item of known.values()) if (!wanted.includes(item)) item.remove();
    wanted.forEach((item, at) => {
      if (this.items.children[at] !== item) this.items.insertBefore(item, this.items.children[at] ?? null);
    });
    if (anchor?.item.isConnected) this.box.scrollTop += anchor.item.offsetTop - anchor.top;
    if (focused && document.activeElement?.dataset?.id !== focused) {
      this.items.querySelector(`a[data-id="${focused}"]`)?.focus({ preventScroll: true });
    }
    this.showEmptyOrMore(page);
  }

  /** Whoever has scrolled reads: what is at the top of the screen stays there. */
  anchor() {
    if (this.box.scrollTop <= 0) return null;
    const item = [...this.items.children].find((one) => one.offsetTop + one.offsetHeight > this.box.scrollTop + this.items.offsetTop);
    return item ? { item, top: item.offsetTop } : null;
  }

  /** Who is at a conversation now, told by an event. */
  showPresent(id, present) {
    const row = this.rows.find((one) => one.id === id);
    if (!row) return;
    row.present = present;
    // What is on its way may be from before this.
    if (this.asking) this.refreshSoon();
    const link = this.items.querySelector(`a[data-id="${id}"]`);
    link?.querySelector(".chip.present")?.remove();
    const chip = presentChip(row, this.me);
    if (chip) link?.querySelector(".row-chips").append(chip);
  }

  showEmptyOrMore(page) {
    if (page.cursor && this.wanted >= MOST) {
      // Longer lists are for the page of transcripts.
      this.showFoot(t("list.most", { n: page.conversations.length }));
    } else if (page.cursor) {
      this.showFoot(null, t("list.more"), () => {
        this.wanted = Math.min(MOST, this.wanted + PAGE);
        this.refresh();
      });
    } else if (page.conversations.length) this.foot.replaceChildren();
    else if (this.q) this.showFoot(t("list.empty_search"), t("list.clear_search"), () => this.start());
    else if (this.filters.active) this.showFoot(t("list.empty_filters"), t("filter.clear"), () => this.filters.set({}));
    else if (this.saved) this.showFoot(t("list.empty_filters"));
    else this.showFoot(t(`list.empty_${this.view}`), null, null, VIEWS[this.view].more && t(`list.empty_${this.view}_more`));
  }

  showFoot(text, action, act, more) {
    this.foot.replaceChildren(
      ...[
        text && el("p", { class: "nothing" }, text),
        more && el("p", { class: "soft small" }, more),
        action && el("button", { type: "button", onclick: act }, action),
      ].filter(Boolean),
    );
  }

  /** Mark what is open, without asking the server. */
  markOpened(id) {
    this.opened = id;
    for (const link of this.items.querySelectorAll("a[data-id]")) {
      if (link.dataset.id === id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  markRead(id) {
    const link = this.items.querySelector(`a[data-id="${id}"]`);
    link?.classList.remove("unread");
    link?.querySelector(".dot")?.remove();
  }

  /** The id of the row after (+1) or before (-1) the open one. */
  neighbour(step) {
    const ids = this.rows.map((one) => one.id);
    const at = ids.indexOf(this.opened);
    if (at === -1) return step > 0 ? ids[0] : ids.at(-1);
    return ids[at + step];
  }

  focusRow(id) {
    (this.items.querySelector(`a[data-id="${id}"]`) ?? this.items.querySelector("a") ?? this.box).focus();
  }
}
