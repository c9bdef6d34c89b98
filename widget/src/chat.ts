/** One visitor's chat: session, history, live events, sending. Knows nothing of the page it is shown on. */
import { type Request, isRefused, pauseAfter, requester, sendForm, sleeper } from "./api.ts";
import * as kept from "./kept.ts";
import { type Letter, createOutbox, leftUnsent } from "./outbox.ts";
import type { Accepted, Attached, Author, Button, History, Lang, Message, Session, Snapshot } from "./protocol.ts";
import type { ServerEvent } from "./sse.ts";
import { origin } from "./script.ts";
import * as store from "./store.ts";
import { createStream } from "./stream.ts";
import { createTabs } from "./tabs.ts";
import * as typing from "./typing.ts";
import type { Upload } from "./uploads.ts";

/** What the customer is told in passing; texts.ts has the words. */
export type Hint = "expired" | "closedChoice" | "refused" | "failed" | "deleted" | "stuck" | "mailed";

/** Whoever shows the chat. */
export interface Audience {
  /** New (`fresh`), or changed. */
  entry(entry: store.Entry, fresh: boolean): void;
  /** Everything may have changed. */
  reset(): void;
  /** Anything of Live has changed. */
  live(): void;
  hint(hint: Hint): void;
  /** Text that the server won't take, for the customer to change. */
  returned(text: string): void;
}

export interface Live {
  status: Snapshot;
  /** False while the connection is lost. */
  linked: boolean;
  /** Who is writing. */
  typing: Author | null;
  /** Up to which seq a person has read. */
  seen: number;
}

/**
 * Between tabs: a message and what came before it, how far the leader has caught up, its word on all else, or a new
 * tab's request for it.
 */
type Note = { message: Message; last: number } | number | Live | "hello";

const page = 50;
/** A typing event that isn't followed by another is out of date after this. */
const typingFades = 8000;

const base = `${origin}/api/v1/visitor`;
const ask = requester(base);

export const live: Live = { status: { state: "bot" }, linked: true, typing: null, seen: 0 };

let audience: Audience;
let lang: Lang;
const { sleep, wake } = sleeper();
/** A session is wanted. */
let active = false;
/** There is one, and its messages are here. */
let entered = false;
let entering: Promise<void> | undefined;
let identity: string | undefined;
/** How often a session was left. What was asked for before that isn't taken any more. */
let left = 0;
let oldest = 0;
let typingTimer = 0;
let written = 0;
let readSent = 0;

const quietly = (work: Promise<unknown>): void => void work.catch(() => undefined);
const tokenNow = (): string | null => kept.get("token");

/** Without a change it is the leader's heartbeat for the other tabs. */
function change(changed: Partial<Live> = {}): void {
  const before = JSON.stringify(live);
  // In every tab: only one of them holds the connection that is back.
  if (changed.linked && !live.linked) retry();
  Object.assign(live, changed);
  if (tabs.leading()) tabs.tell(live);
  if (before !== JSON.stringify(live)) audience.live();
  if (entered && changed.status?.moved) quietly(enterAgain());
}

// Session

/** To be called when an answer is there: throws where its session was left meanwhile. */
function staying(): () => void {
  const before = left;
  return () => {
    if (left !== before) throw Error("left");
  };
}

async function takeUp(): Promise<void> {
  const stay = staying();
  const body = { lang, identity, page: location.origin + location.pathname };
  let session: Session;
  try {
    session = await (await ask("/session", body)).json();
  } catch (error) {
    // Bad, or too old by now: without it they go on as before.
    if (isRefused(error, 401)) identity = undefined;
    throw error;
  }
  stay();
  if (session.token !== tokenNow()) kept.set("token", session.token);
  // A new thread in place of one that has expired.
  if (session.seq < +kept.get("read")!) kept.set("read", null);
  // Listening begins before the history is read, so that nothing falls between the two.
  tabs.join();
  oldest = Math.max(0, session.seq - page);
  await fetchAfter(oldest);
  entered = true;
  change({ linked: true });
  audience.reset();
  tabs.tell("hello");
  retry();
}

/** One attempt; attempts at the same time share one. */
const enter = (): Promise<void> => (entering ??= takeUp().finally(() => (entering = undefined)));

/** Makes or takes up the session and keeps trying until there is one. */
export async function start(): Promise<void> {
  if (active) return;
  active = true;
  for (let tries = 0; active && !entered; tries++) {
    try {
      await enter();
    } catch (error) {
      if (active) change({ linked: false });
      await sleep(pauseAfter(error, tries));
    }
  }
}

async function enterAgain(): Promise<void> {
  entered = false;
  store.restart();
  await enter();
  stream.reconnect();
}

function expire(): void {
  kept.set("token", null);
  kept.set("read", null);
  readSent = 0;
  store.restart();
  change({ status: { state: "bot" }, seen: 0 });
  audience.hint("expired");
}

function end(): void {
  left++;
  active = entered = false;
  identity = undefined;
  readSent = oldest = 0;
  contents.clear();
  tabs.leave();
  store.restart(true);
  change({ status: { state: "bot" }, seen: 0, linked: true });
  audience.reset();
}

function forget(): void {
  outbox.clear();
  // The token first: on any other key another tab would still keep what it shows as read.
  for (const key of ["token", ...kept.keys("")]) kept.set(key, null);
  end();
}

async function authorized<T>(work: () => Promise<T>): Promise<T> {
  const stay = staying();
  if (!entered) await enter();
  const used = tokenNow();
  try {
    return await work();
  } catch (error) {
    if (!isRefused(error, 401)) throw error;
    stay();
    // Another tab may have a new token already.
    if (tokenNow() === used) expire();
    store.restart();
    await enter();
    return work();
  }
}

/** A request in this session. */
export const request: Request = (...call) => authorized(() => ask(...call));

// Messages

function put(message: Message): void {
  const known = store.entries.length;
  const entry = store.put(message);
  audience.entry(entry, store.entries.length > known);
}

async function fetchAfter(after: number, take: (message: Message) => void = (message) => store.put(message)): Promise<void> {
  const stay = staying();
  for (;;) {
    const response = await ask(`/messages?after=${after}&limit=${page}`);
    const { messages, ...status } = (await response.json()) as History;
    stay();
    for (const message of messages) {
      take(message);
      after = Math.max(after, message.seq);
    }
    change({ status });
    if (messages.length < page) return;
  }
}

/** What went by while nobody listened. */
const catchUp = (): Promise<void> =>
  authorized(async () => {
    await fetchAfter(store.last, put);
    change({ linked: true });
  });

const outbox = createOutbox(leftUnsent(), {
  async post({ client_id, text, button }) {
    const response = await request("/messages", { client_id, ...(button ? { button } : { text }) });
    return ((await response.json()) as Accepted).seq;
  },
  sent(letter, seq) {
    const entry = store.of(letter);
    if (!entry) return;
    if (entry.message.seq !== seq && store.entries.some(({ message }) => message.seq === seq)) {
      store.remove(entry);
      audience.reset();
    } else audience.entry(store.put({ ...entry.message, client_id: letter.client_id, seq }, true), false);
  },
  refused(letter, { status }) {
    const entry = store.of(letter);
    if (entry) store.remove(entry);
    audience.reset();
    if (letter.button) return audience.hint("closedChoice");
    audience.returned(letter.text);
    audience.hint(status === 422 || status === 413 ? "refused" : "failed");
  },
  stuck() {
    // An event may have shown that it arrived, and only the acknowledgement is missing.
    if (mark("sending", "failed")) audience.hint("stuck");
  },
});

/** True if there was one. */
function mark(from: store.Entry["delivery"], to: "sending" | "failed"): boolean {
  const found = store.entries.filter(({ delivery }) => delivery === from);
  for (const entry of found) {
    entry.delivery = to;
    audience.entry(entry, false);
  }
  return found.length > 0;
}

/** Tries now what isn't sent. */
export function retry(): void {
  mark("failed", "sending");
  outbox.retry();
}

// Events

function happened({ name, data }: ServerEvent): void {
  const content = JSON.parse(data);
  if (name === "state") change({ status: content });
  else if (name === "message") {
    const { last } = store;
    put(content);
    tabs.tell({ message: content, last });
  }
  if (content.author === "customer") return;
  if (name === "receipt") change({ seen: Math.max(live.seen, content.seq) });
  // Whoever has sent a message writes no longer, and nobody writes for ever.
  if (name !== "message" && name !== "typing") return;
  change({ typing: content.typing ? content.author : null });
  clearTimeout(typingTimer);
  typingTimer = setTimeout(change, typingFades, { typing: null });
}

const stream = createStream({
  async connect(signal, again) {
    if (again) {
      await catchUp();
      tabs.tell(store.last);
    }
    const response = await authorized(() => ask(`/events?after=${store.last}`, undefined, "GET", signal));
    retry();
    return response;
  },
  event: happened,
  alive: () => change({ linked: true }),
  lost: () => change({ linked: false }),
});

const tabs = createTabs<Note>(`omotenashi ${origin}`, {
  lead: stream.start,
  follow: stream.stop,
  hear(note) {
    if (note === "hello") change();
    else if (typeof note === "number") {
      if (note > store.last) quietly(catchUp());
    }
    else if ("message" in note) {
      if (note.last > store.last) quietly(catchUp());
      else put(note.message);
    } else if (!tabs.leading()) change(note);
  },
});

function awake(): void {
  wake();
  if (!entered) return;
  stream.nudge();
  retry();
  tabs.wake();
  // Hints from the leading tab may have been missed while this one slept.
  if (!tabs.leading()) quietly(catchUp());
}

addEventListener("online", () => {
  stream.reconnect();
  awake();
});
addEventListener("offline", () => change({ linked: false }));
document.addEventListener("visibilitychange", () => document.hidden || awake());
kept.onChangeElsewhere((key) => {
  if (key === "read") audience.live();
  if (key !== "token") return;
  if (!tokenNow()) end();
  else if (active) quietly(enterAgain());
  else void start();
});

/** To be called once. */
export function begin(shownTo: Audience, speaking: Lang): void {
  audience = shownTo;
  lang = speaking;
  for (const letter of leftUnsent()) audience.entry(store.write(letter), false);
  // An earlier visit left a conversation here.
  if (tokenNow() || store.entries.length) void start();
}

/** Of several tabs one is this: what is to happen once happens here. */
export const leading = (): boolean => tabs.leading();

export function unread(): number {
  const read = +kept.get("read")!;
  return store.entries.filter(({ message: { author, seq } }) => author !== "customer" && seq > read).length;
}

/** No randomUUID on pages without https. */
export const newId = (): string =>
  [Date.now(), Math.random()].map((n) => n.toString(36).replace("0.", "")).join("-");

export function send(text: string, button?: Button): void {
  typing.sent();
  const letter: Letter = {
    client_id: newId(),
    text,
    ...(button && { button: button.id }),
    after: store.last,
    // Later than the one before, whatever the clock does: what is left unsent is in this order.
    at: new Date((written = Math.max(Date.now(), written + 1))).toISOString(),
  };
  audience.entry(store.write(letter), true);
  outbox.add(letter);
  void start();
}

/** Sends a file as a message of its own. */
export const attach: Upload = (file, client_id, progress, signal) => {
  void start();
  return authorized(async () => {
    const form = new FormData();
    form.append("client_id", client_id);
    form.append("file", file, file.name);
    const made = (await sendForm(`${base}/attachments`, form, progress, signal)) as Attached;
    const { id, seq, attachment } = made;
    // Its event may have come first, and has the whole message.
    if (store.entries.some(({ message }) => message.seq === seq)) return;
    const created_at = new Date().toISOString();
    const message: Message = {
      seq, id, author: "customer", kind: "attachment", text: "", attachments: [attachment], created_at,
    };
    audience.entry(store.put(message, true), true);
  });
};

const contents = new Map<string, Promise<Blob>>();

/** What is in a file of this thread, or the picture of who answers; fetched once. */
export function content(id: string, folder = "attachments"): Promise<Blob> {
  let found = contents.get(id);
  if (!found) {
    found = request(`/${folder}/${id}`).then((response) => response.blob());
    contents.set(id, found);
    found.catch(() => contents.delete(id));
  }
  return found;
}

/** Call on every change of the text field. */
export function edited(empty: boolean): void {
  if (entered) typing.changed(empty, (typing) => quietly(request("/typing", { typing })));
}

/** The customer sees the newest message. */
export function read(): void {
  const { last } = store;
  if (last > +kept.get("read")!) kept.set("read", `${last}`);
  if (!entered || last <= readSent) return;
  readSent = last;
  quietly(request("/read", { seq: last }));
}

export const hasEarlier = (): boolean => oldest > 0;

export async function earlier(): Promise<void> {
  const after = Math.max(0, oldest - page);
  await authorized(() => fetchAfter(after));
  oldest = after;
  audience.reset();
}

export function speak(to: Lang): void {
  lang = to;
  if (entered) quietly(request("/session", { lang }));
}

/** The shop's signed word on who the customer is; null signs out and clears the browser. */
export async function identify(jwt: string | null): Promise<void> {
  if (!jwt) return forget();
  identity = jwt;
  if (!tokenNow()) return;
  try {
    await enterAgain();
  } catch (error) {
    if (isRefused(error, 401)) await enterAgain();
    throw error;
  }
}

/** Deletes what the shop keeps of this visitor, and what this browser keeps. */
export async function erase(): Promise<void> {
  await request("/data", undefined, "DELETE");
  forget();
  audience.hint("deleted");
}
