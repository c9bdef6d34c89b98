/** The place in the queue, and what the customer can do about it. Changes in place: it may hold the focus. */
import { askEmail } from "./ask.ts";
import { button, h, say } from "./dom.ts";
import type { Lang, Queue } from "./protocol.ts";
import { span } from "./spans.ts";
import { type Texts, fill } from "./texts.ts";

export type Ticket = (action: "wait" | "message" | "cancel", contact?: string) => Promise<boolean>;

export interface QueueCard {
  readonly element: HTMLElement;
  update(queue: Queue | null): void;
}

/** `ticket` resolves to true when the server has taken it; `write` goes on to the text field. */
export function createQueue(t: Texts, lang: Lang, ticket: Ticket, write: () => void): QueueCard {
  const place = h("div", { role: "status" });
  const below = h("div", "below");
  const element = h("section", { class: "card queue", "aria-label": t.waiting, hidden: true }, place, below);

  function show(...content: Node[]): void {
    below.replaceChildren(...content);
    below.querySelector<HTMLElement>("input, button")?.focus();
  }

  // The server's own message offers the choices first: the card keeps them at hand.
  const folded = button("plain", t.options, () => show(choices));
  const address = askEmail(t, async (given) => {
    if (await ticket("message", given)) show(folded);
  });
  const choices = h(
    "div",
    "actions",
    button("solid", t.wait, () => {
      show(folded);
      void ticket("wait");
    }),
    button("outline", t.message, () => {
      show(h("div", "small", t.messageHint), address, back);
      address.querySelector("input")?.focus();
    }),
    button("outline", t.meanwhile, () => {
      show(folded);
      write();
    }),
    button("plain", t.giveUp, () => ticket("cancel")),
  );
  const back = button("plain", t.back, () => show(choices));

  return {
    element,
    update(queue) {
      if (!queue) below.replaceChildren(folded);
      element.hidden = !queue;
      const { position, estimate, staffed } = queue ?? {};
      const stands = position === 1 ? t.next : position ? fill(t.place, position) : t.waiting;
      const words = [stands, estimate && span(estimate, lang, t)];
      say(place, staffed === false ? t.away : words.filter(Boolean).join(" · "));
    },
  };
}
