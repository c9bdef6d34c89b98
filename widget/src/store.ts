/** The messages of the thread, each once, in the order of their seq; unsent ones at the end. */
import type { Letter } from "./outbox.ts";
import type { Message } from "./protocol.ts";

export interface Entry {
  message: Message;
  /** The customer's own only. */
  delivery?: "sending" | "sent" | "failed";
  letter?: Letter;
}

const unsent = Infinity;

export const entries: Entry[] = [];
/** Newest seq up to which nothing is missing. */
export let last = 0;

/** Place of the customer's latest word: choices offered before it are closed. */
export const lastWord = (): number =>
  entries.findLast(({ message, delivery }) => message.author === "customer" && delivery !== "failed")?.message.seq ??
  0;

/** The event of our own message can overtake its acknowledgement: it is the same bubble, not a second one. */
const isUnsent = ({ author, client_id, seq, text }: Message, { message: own, letter }: Entry): boolean =>
  author === "customer" &&
  !!letter &&
  own.seq === unsent &&
  (client_id ? letter.client_id === client_id : letter.after < seq && letter.text.trim() === text.trim());

/**
 * Takes in a message, or an update of one. What comes in order moves `last`; an acknowledgement doesn't, for
 * others' messages before it may still be on their way.
 */
export function put(message: Message, acknowledged?: boolean): Entry {
  if (!acknowledged) last = Math.max(last, message.seq);
  let entry =
    entries.find((known) => known.message.seq === message.seq) ??
    entries.find((known) => isUnsent(message, known));
  if (entry) entry.message = message;
  else entries.push((entry = { message }));
  if (message.author === "customer") entry.delivery = "sent";
  // Stable, so unsent entries keep the order they were written in (Infinity - Infinity is NaN, hence the or).
  entries.sort((a, b) => a.message.seq - b.message.seq || 0);
  return entry;
}

/** Shows at once what the customer wrote. */
export function write(letter: Letter): Entry {
  const { client_id: id, text, at: created_at } = letter;
  const message: Message = { seq: unsent, id, author: "customer", kind: "text", text, created_at };
  const entry: Entry = { message, delivery: "sending", letter };
  entries.push(entry);
  return entry;
}

export const of = ({ client_id }: Letter): Entry | undefined =>
  entries.find(({ letter }) => letter?.client_id === client_id);

export const remove = (entry: Entry): unknown => entries.splice(entries.indexOf(entry), 1);

/** Forgets everything but what is not sent yet; `all`: that too. */
export function restart(all?: boolean): void {
  last = 0;
  const left = entries.filter(({ message }) => !all && message.seq === unsent);
  for (const { letter } of left) letter!.after = 0;
  entries.splice(0, Infinity, ...left);
}
