/** Choosing when to be called back: days and times in the customer's own zone, as far as they are free. */
import { ask } from "./ask.ts";
import { attribute, h } from "./dom.ts";
import type { Slots } from "./protocol.ts";
import { type Texts, fill } from "./texts.ts";
import type { When } from "./when.ts";

/** `ticket`'s answer: 0 when the server has taken it, else its status. */
export type Book = (at: string, contact: string, tz: string) => Promise<number>;

const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `slots` asks the server anew: a time may have been taken meanwhile. `done` when one is booked. */
export async function chooseTime(
  t: Texts,
  when: When,
  slots: (tz: string) => Promise<Slots>,
  book: Book,
  done: () => void,
): Promise<HTMLElement> {
  const tz = zone();
  const body = h("div", "below");
  const days = h("select", { "aria-label": t.callDay, onchange: () => showTimes() });
  const times = h("select", { "aria-label": t.callTime });
  const said = h("div", { class: "problem", role: "alert" });
  let found: Slots["slots"] = [];

  const option = (value: string, text: string): HTMLOptionElement => h("option", { value }, text);

  function showTimes(): void {
    const those = found.filter(({ day }) => day === days.value);
    times.replaceChildren(...those.map(({ at }) => option(at, when.time(at))));
  }

  async function look(): Promise<void> {
    found = (await slots(tz)).slots;
    days.replaceChildren(...[...new Set(found.map(({ day }) => day))].map((day) => option(day, when.full(day))));
    showTimes();
    if (!found.length) body.replaceChildren(h("div", { role: "status" }, t.noTimes));
  }

  const form = ask(t, ["phone"], t.book, async (contact) => {
    attribute(said, "hidden", true);
    const status = await book(times.value, contact, tz);
    if (!status) return done();
    if (status === 409) await look();
    said.hidden = false;
    said.textContent = status === 409 ? t.timeTaken : t.invalid;
  });
  // Without a number somebody writes here at that time.
  form.querySelector("input")!.required = false;
  form.prepend(h("div", "row", days, times));
  body.append(form, said, h("div", "small", fill(t.ownTime, tz)));
  await look();
  return body;
}
