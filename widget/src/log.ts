/** The list of messages. It is a live log: nodes are added in place, and replaced only where something changed. */
import { ask } from "./ask.ts";
import { attribute, button, h, icon } from "./dom.ts";
import { channelName } from "./menu.ts";
import { type Making, parts } from "./parts.ts";
import type { Author, Button, Message } from "./protocol.ts";
import { type Entry, entries, lastWord } from "./store.ts";
import type { Texts } from "./texts.ts";

export interface LogActions {
  press(button: Button): void;
  /** An e-mail address for the answer. */
  contact(address: string): void;
  /** What a form of the assistant's question was filled in with. */
  answer(text: string): void;
  resend(): void;
}

export interface Log {
  readonly element: HTMLElement;
  /** `seen`: up to which seq a person has read. */
  show(entry: Entry, seen: number): void;
  /** A person has read further. */
  seen(seen: number): void;
  /** Brings the whole list into line with the store, without reading it out. */
  showAll(seen: number): void;
}

/** Messages of one author within this time stand together under one name. */
const together = 4 * 60_000;

export const nameOf = (author: Author, agent: Message["agent"], t: Texts): string =>
  (author === "agent" && agent?.name) || t[author];

/** The assistant's leaf, or the person's initial until their picture is there: on a canvas, as all pictures are. */
export function face(person: boolean, name: string, picture?: Promise<Blob> | "" | false): HTMLElement {
  const shown = person ? [...name][0]?.toUpperCase() : icon("leaf");
  const element = h("span", { class: person ? "face person" : "face", "aria-hidden": "true" }, shown);
  if (picture)
    picture.then(createImageBitmap).then((bitmap) => {
      const { width, height } = bitmap;
      const canvas = h("canvas", { width, height });
      canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
      element.replaceChildren(canvas);
    }, Boolean);
  return element;
}

/** `first` and `last` are nodes to keep before and after the messages. */
export function createLog(
  making: Making,
  actions: LogActions,
  first: HTMLElement[],
  last: HTMLElement,
): Log {
  const { t, when } = making;
  const shown = new Map<Entry, { node: HTMLElement; made: string }>();
  const element = h("div", { class: "log", role: "log", "aria-label": t.title }, ...first, last);

  function render({ message, delivery }: Entry, day: string, joined: boolean, seen: boolean): HTMLElement {
    const { author, agent, created_at, buttons, kind, data, channel } = message;
    const name = nameOf(author, agent, t);
    const person = author === "agent";
    const elsewhere = channel && channel !== "website" ? [channelName(channel)] : [];
    const time = h("time", { datetime: created_at }, when.time(created_at));
    return h(
      "div",
      // What the customer wrote, and whether it was sent, is there to be read, not announced.
      {
        class: `item ${author}${joined ? " joined" : ""}`,
        "data-delivery": delivery,
        "aria-live": delivery && "off",
      },
      h("div", "day", day),
      h(
        "div",
        "content",
        (person || author === "bot") && face(person, name, person && agent?.picture && making.content(agent.picture, "agents")),
        !delivery && h("div", "head", h("bdi", null, name), person && agent && h("span", null, t.agent), time),
        h("div", "bubble", ...parts(message, making)),
        h("div", "choices", ...(buttons ?? []).map(choice)),
        kind === "contact" && ask(t, ["email"], t.save, actions.contact),
        !!data?.expects?.length && ask(t, data.expects, t.send, actions.answer),
      ),
      delivery === "failed"
        ? h("div", "foot", h("b", "problem", t.unsent), button("plain", t.resend, actions.resend))
        : delivery && h("div", "foot", h("bdi", null, name), ...elsewhere, time, seen ? t.seen : t[delivery]),
    );
  }

  function choice(offered: Button): HTMLElement {
    const element = button(
      "choice",
      offered.title,
      () => {
        attribute(element, "data-used", true);
        actions.press(offered);
      },
      { dir: "auto", "data-used": offered.used },
    );
    return element;
  }

  function place(entry: Entry, seen: number): void {
    const { message } = entry;
    const { author, agent, created_at } = message;
    const index = entries.indexOf(entry);
    const before = entries[index - 1]?.message;
    const day = when.day(created_at);
    const newDay = !before || when.day(before.created_at) !== day;
    const joined =
      !newDay &&
      before.author === author &&
      before.agent?.name === agent?.name &&
      Date.parse(created_at) - Date.parse(before.created_at) < together;
    const isSeen = message.seq <= seen && lastWord() === message.seq;
    const made = JSON.stringify([message, entry.delivery, newDay, joined, isSeen]);
    const known = shown.get(entry);
    if (known?.made === made && known.node.nextSibling === follower(index)) return;
    known?.node.remove();
    const node = known?.made === made ? known.node : render(entry, newDay ? day : "", joined, isSeen);
    shown.set(entry, { node, made });
    element.insertBefore(node, follower(index));
  }

  const follower = (index: number): Node => {
    const next = entries[index + 1];
    return (next && shown.get(next)?.node) ?? last;
  };

  /** Choices and forms are open until one was used or the customer went on. */
  function closeChoices(): void {
    for (const [{ message }, { node }] of shown) {
      const closed = message.seq < lastWord() || !!node.querySelector("[data-used]");
      for (const control of node.querySelectorAll<HTMLButtonElement>(".choice, .ask *")) control.disabled = closed;
    }
  }

  function show(entry: Entry, seen: number): void {
    place(entry, seen);
    const next = entries[entries.indexOf(entry) + 1];
    if (next) place(next, seen);
    closeChoices();
  }

  return {
    element,
    show,
    seen(seen) {
      for (const entry of entries) if (entry.delivery) place(entry, seen);
    },
    showAll(seen) {
      attribute(element, "aria-live", "off");
      for (const [entry, { node }] of shown) {
        if (entries.includes(entry)) continue;
        node.remove();
        shown.delete(entry);
      }
      for (const entry of entries.toReversed()) place(entry, seen);
      closeChoices();
      // A frame later, so that what was just put in doesn't count as news.
      requestAnimationFrame(() => attribute(element, "aria-live", "polite"));
    },
  };
}
