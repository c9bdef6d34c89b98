// The console: list, conversation and customer, held together and kept live.

import { get } from "./api.js";
import { Actions } from "./actions.js";
import { alerts } from "./alerts.js";
import { setUpBar, showShortcuts } from "./bar.js";
import { Composer } from "./composer.js";
import { CustomerPane } from "./customer.js";
import { byId, meta, speak } from "./dom.js";
import { List } from "./list.js";
import { listen } from "./live.js";
import { Mentions } from "./mentions.js";
import { Outbox } from "./outbox.js";
import { Palette } from "./palette.js";
import { Presence } from "./presence.js";
import { Talk } from "./talk.js";
import { t } from "./words.js";

// What a lost hint missed is found by a look now and then.
const SLOW_LOOK_MS = 30000;
const TOLD_MS = 6000;

const agent = meta("agent");
const me = { id: Number(agent.content), name: agent.dataset.name, lead: agent.dataset.role === "lead" };
const panes = byId("panes");
const bar = setUpBar({ live: true, leaving: () => outbox.flushAll() });
// Come when they come: no press of a button has to wait for them.
const replies = get("canned").then((found) => found.replies, () => []);

const list = new List(me.id, (id) => open(id), me);
const outbox = new Outbox((id) => {
  if (talk?.id !== id) return;
  talk.log.showUnsent();
  if (outbox.of(id).some((one) => one.seq > talk.log.last)) talk.syncSoon();
});
const actions = new Actions({ me, current: () => talk.talk, log: () => talk.log, flush: (id) => outbox.flush(id), done, failed });
const act = {
  claim: actions.claim, takeOver: actions.takeOver, reopen: actions.reopen, giveBack: actions.giveBack,
  transfer: actions.transfer, resolve: actions.resolve, snooze: actions.snooze,
  macro: () => actions.macro(composer.values), abuse: actions.abuse,
  find: () => talk.find.open(), handover: () => talk.jumpToHandover(),
  back: () => back(), details: () => show(panes.dataset.pane === "customer" ? "talk" : "customer"),
};
const presence = new Presence(me);
const composer = new Composer({ me, outbox, replies, act, presence });
const customer = new CustomerPane({ me, open: (id) => open(id), close: () => show("talk"), changed: () => talk.syncSoon(), tell });
const talk = new Talk({ me, outbox, act, composer, presence, shown: (found) => customer.show(found), read: (id) => list.markRead(id) });

const mentions = new Mentions(async (id, seq) => {
  await open(id);
  talk.log.jump(seq);
});

// Keys may be faster than the server: what they mean is for the conversation that is coming.
let opening = Promise.resolve();

/** Which pane a narrow screen shows; on a wide one "customer" is the pane pulled over. */
function show(pane) {
  panes.dataset.pane = pane;
  if (pane !== "customer") return;
  // On a wide screen there is nothing to close.
  const within = [...byId("customer").querySelectorAll("button, a, summary, input")];
  within.find((one) => one.checkVisibility({ visibilityProperty: true }))?.focus();
}

async function open(id, { remember = true } = {}) {
  if (remember && location.pathname !== `/desk/c/${id}`) history.pushState({ id }, "", `/desk/c/${id}`);
  list.markOpened(id);
  show("talk");
  if (talk.id !== id) opening = talk.open(id);
  await opening;
}

function close({ remember = true } = {}) {
  const was = talk.id;
  if (remember) history.pushState({}, "", "/desk/");
  talk.empty();
  customer.clear();
  list.markOpened(null);
  show("list");
  if (was) list.focusRow(was);
}

function back() {
  if (panes.dataset.pane === "customer") {
    show("talk");
    byId("main").querySelector('[data-act="details"]')?.focus();
  } else close();
}

function opened() {
  return /^\/desk\/c\/([0-9a-f]{24})$/.exec(location.pathname)?.[1] ?? null;
}

window.addEventListener("popstate", () => {
  const id = opened();
  if (id) open(id, { remember: false });
  else close({ remember: false });
});

async function done(id, what) {
  list.refreshSoon();
  if (talk.id !== id) return;
  await talk.sync();
  if (what === "claim" || what === "reopen" || (what === "transfer" && composer.mine)) composer.write("reply");
}

function failed(problem, id) {
  if (problem.code === "wrote_again") tell(t("banner.wrote_again"));
  else if (problem.code === "claimed") {
    const name = /^(.*) has taken this conversation$/.exec(problem.message)?.[1] ?? "";
    tell(t("banner.taken", { agent: name }));
  } else {
    tell(t("banner.action_failed", { why: problem.status === 0 ? t("banner.offline") : problem.message }));
  }
  list.refreshSoon();
  if (talk.id === id) talk.syncSoon();
}

function tell(text) {
  const toast = byId("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(tell.until);
  tell.until = setTimeout(() => (toast.hidden = true), TOLD_MS);
}

/** The conversations I have, whatever list is shown: whose customers I want to hear of. */
const mine = {
  ids: new Set(),
  number: null,
  has(id) {
    return this.ids.has(id) || (id === talk.id && talk.talk?.agent?.id === me.id);
  },
  async follow(number) {
    if (number === this.number) return;
    this.number = number;
    const found = await get("conversations?state=assigned&agent=me&limit=200").catch(() => null);
    if (found) this.ids = new Set(found.conversations.map((one) => one.id));
  },
};

let waiting = null;
listen({
  counts(counts) {
    if (waiting !== null && counts.queued > waiting) alerts.tell(t("alert.handover"));
    waiting = counts.queued;
    mine.follow(counts.mine);
    list.showCounts(counts);
  },
  tasks: bar.showTasks,
  agents({ agents }) {
    const mine = agents.find((one) => one.id === me.id);
    if (mine && document.activeElement !== byId("status")) bar.showStatus(mine.status);
  },
  conversation({ id, seq }) {
    list.refreshSoon();
    if (id === talk.id || (id === null && talk.id)) talk.syncSoon();
    const row = list.rows.find((one) => one.id === id);
    const elsewhere = document.hidden || id !== talk.id;
    // What I have is in the list of the queue no more.
    const isMine = row ? row.agent?.id === me.id : mine.has(id);
    if (seq && elsewhere && isMine && !(row?.last_customer_seq >= seq)) tellOf(id, seq);
  },
  typing({ id, typing, author }) {
    if (id === talk.id && author !== "agent") talk.log.showTyping(typing);
  },
  alert({ id, alert }) {
    const name = t("visitor", { id: id.slice(0, 4).toUpperCase() });
    if (alert === "mention") mentions.refresh();
    alerts.tell(t(`alert.${alert}`, { name }));
    if (id !== talk.id || alert !== "mention") tell(t(`alert.${alert}`, { name }));
  },
  read({ id, seq }) {
    if (id === talk.id) talk.log.showRead(seq);
  },
  presence({ id, present }) {
    list.showPresent(id, present);
    if (id === talk.id) presence.show(present);
  },
  given({ id }) {
    list.refreshSoon();
    if (id === talk.id) return;
    const told = t("alert.given", { name: t("visitor", { id: id.slice(0, 4).toUpperCase() }) });
    alerts.tell(told);
    tell(told);
  },
  ended() {
    location.assign("/desk/sign-in#ended");
  },
  lost() {
    const banner = byId("lost");
    banner.textContent = t("banner.lost");
    banner.hidden = false;
  },
  found() {
    const banner = byId("lost");
    if (!banner.hidden) speak(t("banner.back"));
    banner.hidden = true;
    list.refresh();
    if (talk.id) talk.sync();
  },
});

/** A customer of mine wrote while I look elsewhere; my own and the assistant's words don't count. */
async function tellOf(id, seq) {
  if (!alerts.on) return;
  const page = await get(`conversations/${id}/messages?after=${seq - 1}&limit=1`).catch(() => null);
  if (page?.messages[0]?.author === "customer") alerts.tell(t("alert.message", { name: t("visitor", { id: id.slice(0, 4).toUpperCase() }) }));
}

setInterval(() => {
  if (document.hidden) return;
  list.refresh();
  if (talk.id) talk.sync();
}, SLOW_LOOK_MS);

const KEYS = {
  KeyJ: () => step(1),
  KeyK: () => step(-1),
  KeyL: () => opening.then(() => composer.write("reply")),
  KeyP: () => opening.then(() => composer.write("note")),
  KeyC: () => opening.then(() => talk.talk?.state === "queued" && actions.claim()),
  KeyE: () => opening.then(() => actions.resolve()),
  KeyM: () => opening.then(() => actions.snooze()),
  KeyQ: () => opening.then(() => composer.mine && act.macro()),
  KeyF: () => talk.talk && talk.find.open(),
  KeyU: () => composer.undo(),
  KeyO: () => talk.talk && act.details(),
};

const VIEW_KEYS = [...byId("views").querySelectorAll("[data-view]")].map((button) => button.dataset.view);
VIEW_KEYS.forEach((view, at) => (KEYS[`Digit${at + 1}`] = () => list.choose(view)));
KEYS.KeyS = () => byId("status").focus();

/** What can be done now, for the palette: of the open conversation, then of the desk. */
function commands() {
  const own = talk.talk
    ? [...talk.head.box.querySelectorAll(".acts [data-act], .more [data-act]")].map((button) => ({ words: button.textContent, run: () => button.click() }))
    : [];
  const write = talk.talk
    ? ["reply", "note"].map((mode) => ({ words: t(`compose.${mode}`), keys: mode === "note" ? "Alt P" : "Alt L", run: () => composer.write(mode) }))
    : [];
  const views = VIEW_KEYS.map((view, at) => ({ words: `${t("views.label")}: ${t(`views.${view}`)}`, keys: `Alt ${at + 1}`, run: () => list.choose(view) }));
  const kept = list.filters.views.map((view) => ({ words: `${t("views.label")}: ${view.name}`, run: () => list.chooseSaved(view) }));
  const statuses = ["available", "busy", "away"].map((status) => ({ words: `${t("nav.status")}: ${t(`status.${status}`)}`, icon: status, run: () => bar.setStatus(status) }));
  const pages = [...document.querySelectorAll(".bar nav a, .bar .menu-sheet a")].map((link) => ({ words: link.firstChild.textContent.trim(), run: () => link.click() }));
  return [
    ...own, ...write, ...views, ...kept, ...statuses,
    { words: t("filter.title"), run: () => list.filters.toggle(true) },
    ...pages,
    { words: t("nav.sound"), run: () => byId("sound").click() },
    { words: t("shortcuts.title"), keys: "?", run: showShortcuts },
    { words: t("nav.sign_out"), run: () => byId("sign-out").click() },
  ];
}
const palette = new Palette({ me, commands, rows: () => list.rows, open: (id) => open(id) });

async function resolveAndNext() {
  // Resolved, it may leave the list: its neighbour is known before.
  const next = list.neighbour(1) ?? list.neighbour(-1);
  if ((await actions.resolve()) && next) open(next);
}

function step(by) {
  const next = list.neighbour(by);
  if (next) open(next);
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.code === "KeyK") {
    event.preventDefault();
    if (!document.querySelector("dialog[open]")) palette.show();
    return;
  }
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches("input, textarea, select");
  if (event.altKey && !event.ctrlKey && !event.metaKey && KEYS[event.code]) {
    event.preventDefault();
    KEYS[event.code]();
  } else if (event.altKey && event.code === "KeyE") {
    event.preventDefault();
    opening.then(resolveAndNext);
  } else if (event.key === "Escape") {
    if (typing && event.target.closest(".compose")) event.target.blur();
    else if (talk.id) back();
  } else if (!typing && event.key === "?") {
    event.preventDefault();
    showShortcuts();
  } else if (!typing && event.key === "/") {
    event.preventDefault();
    byId("q").focus();
  }
});

list.refresh();
if (opened()) open(opened(), { remember: false });
