/** The place in the queue or the call agreed on, and what the customer can do about it. Changes in place: it may hold the focus. */
import { ask } from "./ask.ts";
import { chooseTime } from "./callback.ts";
import { button, h, say } from "./dom.ts";
import type { Call, Lang, Queue, Slots } from "./protocol.ts";
import { span } from "./spans.ts";
import { entries } from "./store.ts";
import { type Texts, fill } from "./texts.ts";
import type { When } from "./when.ts";

/** Nobody is left to wait for longer without being told what else there is: the server says so after half a minute. */
const offersAfter = 32_000;

export interface TicketBody {
  action: "wait" | "message" | "callback" | "callback_cancel" | "cancel";
  contact?: string;
  at?: string;
  tz?: string;
}

export interface QueueActions {
  /** Resolves to 0 when the server has taken it, else to its status; the customer is told of all but 409 and 422. */
  ticket(body: TicketBody): Promise<number>;
  slots(tz: string): Promise<Slots>;
  /** Goes on to the text field. */
  write(): void;
}

export interface QueueCard {
  readonly element: HTMLElement;
  /** `calls`: the shop tells its hours, so a call within them can be offered. `mails`: answers can go by e-mail. `away`: what to say while nobody is there. */
  update(queue: Queue | null, call: Call | null, calls: boolean, mails: boolean, away: string): void;
}

export function createQueue(t: Texts, lang: Lang, when: When, { ticket, slots, write }: QueueActions): QueueCard {
  const place = h("div", { role: "status" });
  const below = h("div", "below");
  const element = h("section", { class: "card queue", "aria-label": t.waiting, hidden: true }, place, below);
  let waits = false;
  let booked = false;
  let offered = false;
  let mailed = false;
  let offers = 0;

  function show(...content: Node[]): void {
    below.replaceChildren(...content);
    below.querySelector<HTMLElement>("input, select, button")?.focus();
  }

  const fold = (): void => show(folded);

  const choices = (): Node =>
    h(
      "div",
      "actions",
      waits && button("solid", t.wait, () => (fold(), void ticket({ action: "wait" }))),
      waits && button("outline", t.message, leave),
      offered && button("outline", booked ? t.moveCall : t.callMe, () => void call()),
      booked && button("outline", t.cancelCall, () => (fold(), void ticket({ action: "callback_cancel" }))),
      waits && button("outline", t.meanwhile, () => (fold(), write())),
      waits && button("plain", t.giveUp, () => ticket({ action: "cancel" })),
      button("plain", t.dismiss, fold),
    );

  /** Where no mail is sent there is nothing to ask: the server says where the answer will be. */
  function leave(): void {
    if (mailed) return show(h("div", "small", t.messageHint), address, back);
    fold();
    write();
    void ticket({ action: "message" });
  }

  async function call(): Promise<void> {
    const book = (at: string, contact: string, tz: string): Promise<number> =>
      ticket({ action: "callback", at, tz, ...(contact && { contact }) });
    try {
      show(await chooseTime(t, when, slots, book, fold), back);
    } catch {
      // The server couldn't be asked; the customer was told.
    }
  }

  // The server's own message offers the choices too: the card keeps them at hand.
  const folded = button("plain", t.options, () => show(choices()));
  const back = button("plain", t.back, () => show(choices()));
  const address = ask(t, ["email"], t.save, async (contact) => {
    if (!(await ticket({ action: "message", contact }))) fold();
  });

  return {
    element,
    update(queue, call, calls, mails, away) {
      [waits, booked, offered, mailed] = [!!queue, !!call, calls, mails];
      element.hidden = !queue && !call;
      if (element.hidden) below.replaceChildren(folded);
      if (!waits || call) {
        clearTimeout(offers);
        offers = 0;
      } else
        offers ||= setTimeout(() => {
          // Once is enough. And without taking the focus from where they write.
          if (folded.isConnected && !entries.at(-1)?.message.buttons?.length) below.replaceChildren(choices());
        }, offersAfter);
      const { position, estimate, staffed } = queue ?? {};
      const stands = position === 1 ? t.next : position ? fill(t.place, position) : t.waiting;
      const words = [stands, estimate && span(estimate, lang, t)];
      const waiting = staffed === false ? away : words.filter(Boolean).join(" · ");
      // "chat": here, where the customer sees it anyway.
      const by = call && call.contact !== "chat" && call.contact;
      say(place, call ? fill(t.called, [when.full(call.at), by].filter(Boolean).join(" · ")) : waiting);
    },
  };
}
