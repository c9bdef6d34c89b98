/** The window of the chat in one language: header, messages, cards, composer. Built anew for another language. */
import * as chat from "./chat.ts";
import { createComposer } from "./composer.ts";
import { button, h, icon, say } from "./dom.ts";
import { createLog, face, nameOf } from "./log.ts";
import { createMenu } from "./menu.ts";
import type { Lang } from "./protocol.ts";
import { type Ticket, createQueue } from "./queue.ts";
import { createRating } from "./rating.ts";
import { entries } from "./store.ts";
import { type Texts, fill } from "./texts.ts";
import { createWhen } from "./when.ts";

/** A blip needs no notice. */
const linkGrace = 2000;
const hintStays = 12_000;

export interface PanelActions {
  close(): void;
  language(lang: Lang): void;
}

export interface Panel extends chat.Audience {
  readonly element: HTMLElement;
  /** After it was put on the screen. On a touch screen the field would call the keyboard over what there is to read. */
  opened(touch: boolean): void;
  /** What Esc closes before the panel itself. True if there was something. */
  closeInner(): boolean;
}

export function createPanel(
  t: Texts,
  lang: Lang,
  name: string | undefined,
  actions: PanelActions,
): Panel {
  const { live } = chat;
  const when = createWhen(lang, t);
  let noticeTimer = 0;
  let linked = true;
  let speaker = "";

  async function attempt(work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch {
      hint("failed");
      return false;
    }
  }

  // Parts

  const shownFace = h("span");
  const title = h("h2", { id: "title", dir: "auto" });
  const who = h("div", "who");
  const notice = h("div", { class: "notice", role: "status" });
  const typing = h("div", { class: "typing", "aria-live": "off" });
  const welcome = h(
    "div",
    "welcome",
    h("h3", null, t.welcomeTitle),
    h("div", null, t.welcome),
    h("div", "small", t.careful),
  );
  const earlier = button("plain earlier", t.earlier, () => attempt(chat.earlier()));
  const log = createLog(
    t,
    when,
    {
      press: (choice) => chat.send(choice.title, choice),
      contact: (address) => ticket("message", address),
      resend: chat.retry,
    },
    [earlier, welcome],
    typing,
  );
  // Laid out from its end (see the style sheet): 0 is the newest message, and it stays there by itself.
  const list = h("div", { class: "list", tabindex: 0, onscroll: () => (newest.hidden ||= atEnd()) }, log.element);
  const newest = button("outline newest", t.newest, toEnd);
  const confirm = h("section", { class: "card", "aria-label": t.erase, hidden: true });
  const menu = createMenu(t, lang, {
    language: actions.language,
    transcript: () => attempt(download()),
    erase: askErase,
  });
  const ticket: Ticket = (action, contact) => attempt(chat.request("/ticket", { action, contact }));
  const queue = createQueue(t, lang, ticket, () => composer.focus());
  const rating = createRating(t, (score, comment) => attempt(chat.request("/feedback", { score, comment })));
  const composer = createComposer(t, chat.send, chat.edited);
  const element = h(
    "div",
    { class: "frame", lang, dir: "ltr" },
    h(
      "header",
      null,
      shownFace,
      h("div", "titles", title, who),
      menu.opener,
      button("icon", icon("close"), actions.close, { "aria-label": t.close }),
    ),
    menu.list,
    notice,
    h("div", "middle", list, newest),
    h("div", "dock", queue.element, rating.element, confirm),
    composer.element,
  );

  // What happens

  const atEnd = (): boolean => list.scrollTop > -60;

  function toEnd(): void {
    list.scrollTop = 0;
    newest.hidden = true;
  }

  function edges(): void {
    earlier.hidden = !chat.hasEarlier();
    welcome.hidden = entries.length > 0;
  }

  function showLive(): void {
    const { state, agent, queue: place, rating: wanted } = live.status;
    const person = state === "assigned";
    const now = (person && agent?.name) || name || t.title;
    if (speaker !== state + now) {
      speaker = state + now;
      say(title, now);
      shownFace.replaceChildren(face(person, now));
    }
    say(who, t[state]);
    queue.update(state === "queued" ? (place ?? {}) : null);
    rating.update(state === "resolved", wanted !== false);
    say(typing, live.typing ? fill(t.isTyping, nameOf(live.typing, person ? agent : null, t)) : "");
    if (live.linked === linked) return;
    linked = live.linked;
    if (linked) tellFor("", 0);
    else if (navigator.onLine) noticeTimer = setTimeout(tellFor, linkGrace, t.lost);
    else tellFor(t.offline);
  }

  /** For a while, or as long as the connection is lost. */
  function tellFor(text: string, stays?: number): void {
    clearTimeout(noticeTimer);
    say(notice, text);
    if (stays) noticeTimer = setTimeout(say, stays, notice, "");
  }

  const hint: chat.Audience["hint"] = (name) => tellFor(t[name], hintStays);

  async function download(): Promise<void> {
    const response = await chat.request("/transcript");
    const href = URL.createObjectURL(await response.blob());
    h("a", { href, download: "chat.txt" }).click();
    setTimeout(URL.revokeObjectURL, 60_000, href);
  }

  function askErase(): void {
    const keep = button("outline", t.back, closeInner);
    const erase = button("outline problem", t.eraseYes, async () => {
      erase.disabled = true;
      await attempt(chat.erase());
      closeInner();
    });
    confirm.replaceChildren(h("div", { role: "status" }, t.eraseAsk), h("div", "actions", keep, erase));
    confirm.hidden = false;
    keep.focus();
  }

  function closeInner(): boolean {
    const open = !confirm.hidden || !menu.list.hidden;
    confirm.hidden = true;
    menu.show(false);
    if (open) menu.opener.focus();
    return open;
  }

  element.addEventListener("click", ({ target }) => {
    if (!menu.list.hidden && !menu.opener.contains(target as Node)) menu.show(false);
  });

  const panel: Panel = {
    element,
    opened(touch) {
      composer.refresh();
      toEnd();
      if (!touch) composer.focus();
    },
    closeInner,
    entry(entry, fresh) {
      log.show(entry, live.seen);
      edges();
      if (fresh && entry.delivery) toEnd();
      else if (fresh) newest.hidden = atEnd();
    },
    reset() {
      log.showAll(live.seen);
      edges();
      composer.refresh();
      showLive();
    },
    live() {
      showLive();
      log.seen(live.seen);
    },
    hint,
    returned: composer.restore,
  };
  newest.hidden = true;
  panel.reset();
  return panel;
}
