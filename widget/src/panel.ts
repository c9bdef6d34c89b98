/** The window of the chat in one language: header, messages, cards, composer. Built anew for another language. */
import { save } from "./attachments.ts";
import { isRefused } from "./api.ts";
import { ask } from "./ask.ts";
import * as chat from "./chat.ts";
import { createComposer } from "./composer.ts";
import { attribute, button, h, icon, say } from "./dom.ts";
import * as kept from "./kept.ts";
import { link, safeUrl } from "./links.ts";
import { createLog, face, nameOf } from "./log.ts";
import { channelName, createMenu } from "./menu.ts";
import type { Attachment, Lang } from "./protocol.ts";
import { type TicketBody, createQueue } from "./queue.ts";
import { createRating } from "./rating.ts";
import { entries } from "./store.ts";
import { type Texts, fill } from "./texts.ts";
import { createUploads } from "./uploads.ts";
import { createWhen } from "./when.ts";

/** A blip needs no notice. */
const linkGrace = 2000;
const hintStays = 12_000;

export interface PanelActions {
  close(): void;
  language(lang: Lang): void;
  /** Something for the page to hear. */
  happened(name: "rating" | "comment", detail: object): void;
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
  /** The channel to which a link is offered. */
  let goingOn = "";
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
  const hours = h("div", "small");
  const shopSays = h("div", { class: "text", dir: "auto" });
  const announcement = h(
    "div",
    { class: "notice row", role: "status", hidden: true },
    shopSays,
    button("icon", icon("close"), () => {
      kept.set("notice", `${live.status.notice!.id}`);
      showLive();
      composer.focus();
    }, { "aria-label": t.dismiss }),
  );
  const welcome = h(
    "div",
    "welcome",
    h("h3", null, t.welcomeTitle),
    h("div", null, t.welcome),
    hours,
    h("div", "small", t.careful),
  );
  const earlier = button("plain earlier", t.earlier, () => attempt(chat.earlier()));
  const log = createLog(
    { t, lang, when, content: chat.content, download: (file) => attempt(keep(file)) },
    {
      press: (choice) => chat.send(choice.title, choice),
      contact: (contact) => ticket({ action: "message", contact }),
      answer: chat.send,
      resend: chat.retry,
    },
    [earlier, welcome],
    typing,
  );
  // Laid out from its end (see the style sheet): 0 is the newest message, and it stays there by itself.
  const list = h("div", { class: "list", tabindex: 0, onscroll: () => (newest.hidden ||= atEnd()) }, log.element);
  const newest = button("outline newest", t.newest, toEnd);
  const card = h("section", { class: "card", hidden: true });
  const menu = createMenu(t, lang, {
    language: actions.language,
    transcript: () => attempt(download()),
    erase: askErase,
    links: () => live.status.links ?? [],
    goOn: (channel) => attempt(goOn(channel)),
    prefer: (channel) => attempt(chat.request("/link/preferred", { channel })),
    unlink: () => attempt(chat.request("/link", undefined, "DELETE")),
    mail: () => (live.status.mail ? askAddress : null),
  });
  const queue = createQueue(t, lang, when, {
    ticket,
    slots: async (tz) => {
      const asked = chat.request(`/callback-slots?tz=${encodeURIComponent(tz)}`);
      await attempt(asked);
      return (await asked).json();
    },
    write: () => composer.focus(),
  });
  const rating = createRating(t, async (score, comment) => {
    const taken = await attempt(chat.request("/feedback", { score, comment }));
    if (taken) actions.happened(comment ? "comment" : "rating", { score });
    return taken;
  });
  const uploads = createUploads(t, chat.attach, chat.newId, (text) => tellFor(text, hintStays));
  const composer = createComposer(t, uploads, chat.send, chat.edited);
  const dropping = (event: DragEvent): void => {
    const over = event.type === "dragover" && !!event.dataTransfer?.types.includes("Files");
    if (over || event.type === "drop") event.preventDefault();
    element.classList.toggle("dropping", over);
    if (event.type === "drop") uploads.take(event.dataTransfer!.files);
  };
  const element = h(
    "div",
    { class: "frame", lang, dir: "ltr", ondragover: dropping, ondragleave: dropping, ondrop: dropping },
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
    announcement,
    h("div", "middle", list, newest),
    h("div", "dock", queue.element, rating.element, card),
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
    const { state, agent, queue: place, callback, rate, hours: open, mail, notice: news } = live.status;
    const person = state === "assigned";
    const now = (person && agent?.name) || name || t.title;
    const portrait = person && agent?.picture;
    if (speaker !== state + now + portrait) {
      speaker = state + now + portrait;
      say(title, now);
      shownFace.replaceChildren(face(person, now, portrait && chat.content(portrait, "agents")));
    }
    say(who, t[state]);
    // What the assistant offered is over while a person answers.
    attribute(element, "data-person", person);
    const opens = !open?.open && open?.next_open_at;
    const back = opens && fill(t.opensAt, when.there(opens));
    queue.update(state === "queued" ? (place ?? {}) : null, callback ?? null, !!open, !!mail, back || t.away);
    rating.update(state === "resolved", rate !== false);
    say(hours, open?.open ? t.openNow : back || "");
    announcement.hidden = !news || `${news.id}` === kept.get("notice");
    say(shopSays, news?.text ?? "");
    say(typing, live.typing ? fill(t.isTyping, nameOf(live.typing, person ? agent : null, t)) : "");
    // The link was opened another way, on the telephone perhaps: it is used up.
    if (live.status.links?.some((each) => each.linked && each.channel === goingOn)) {
      if (card.matches(":focus-within")) closeInner();
      card.hidden = true;
      goingOn = "";
    }
    if (live.linked === linked) return;
    linked = live.linked;
    if (linked) return tellFor("", 0);
    const lost = (): void => tellFor(navigator.onLine ? t.lost : t.offline);
    if (navigator.onLine) noticeTimer = setTimeout(lost, linkGrace);
    else lost();
  }

  /** For a while, or as long as the connection is lost. */
  function tellFor(text: string, stays?: number): void {
    clearTimeout(noticeTimer);
    say(notice, text);
    if (stays) noticeTimer = setTimeout(say, stays, notice, "");
  }

  const hint: chat.Audience["hint"] = (name) => tellFor(t[name], hintStays);

  async function download(): Promise<void> {
    save(await (await chat.request("/transcript")).blob(), "chat.txt");
  }

  async function keep(file: Attachment): Promise<void> {
    save(await chat.content(file.id), file.name);
  }

  /** 0, or the status; what the forms tell themselves needs no notice. */
  async function ticket(body: TicketBody): Promise<number> {
    try {
      await chat.request("/ticket", body);
      return 0;
    } catch (error) {
      const status = isRefused(error) ? error.status : 1;
      if ((status !== 409 && status !== 422) || body.action !== "callback") hint("failed");
      return status;
    }
  }

  /** Above the text field, until it is answered or closed. */
  function showCard(label: string, ...content: Node[]): void {
    goingOn = "";
    attribute(card, "aria-label", label);
    card.replaceChildren(...content);
    card.hidden = false;
    card.querySelector<HTMLElement>("input, a, button")!.focus();
  }

  const back = (): HTMLElement => button("plain", t.back, closeInner);

  function askErase(): void {
    const erase = button("outline problem", t.eraseYes, async () => {
      erase.disabled = true;
      await attempt(chat.erase());
      closeInner();
    });
    const keep = button("outline", t.back, closeInner);
    showCard(t.erase, h("div", { role: "status" }, t.eraseAsk), h("div", "actions", keep, erase));
  }

  function askAddress(): void {
    const form = ask(t, ["email"], t.send, async (email) => {
      if (!(await attempt(chat.request("/transcript", { email })))) return;
      closeInner();
      hint("mailed");
    });
    showCard(t.mailTranscript, form, back());
  }

  /** The address opens the app; a window opened by itself after a request would be blocked. */
  async function goOn(channel: string): Promise<void> {
    const { url }: { url: string } = await (await chat.request("/link", { channel })).json();
    const name = channelName(channel);
    const address = safeUrl(url);
    if (!address) return;
    const open = link(address, h("bdi", null, fill(t.openThere, name)));
    open.className = "outside";
    open.onclick = () => void closeInner();
    showCard(fill(t.goOn, name), h("div", { role: "status" }, fill(t.goOnHint, name)), open, back());
    goingOn = channel;
  }

  function closeInner(): boolean {
    const open = !card.hidden || !menu.list.hidden;
    card.hidden = true;
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
