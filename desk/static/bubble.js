// One message, as the desk shows it.

import { get, post } from "./api.js";
import { filesOf } from "./attachments.js";
import { messageCard } from "./cards.js";
import { el, icon } from "./dom.js";
import { dayAndTime, factValue, lang, money, named, t, timeOf } from "./words.js";

/** Messages of one speaker within three minutes stand together. */
const TOGETHER_MS = 180000;

export function lookOf(message) {
  if (message.kind === "event") return "event";
  return message.private ? "note" : message.author;
}

function speaker(message, { me, customer }) {
  if (message.author === "customer") return customer;
  if (message.author === "bot") return t("thread.assistant");
  if (message.author === "system") return t("thread.system");
  if (message.agent?.id === me) return t("thread.you");
  return message.agent?.name ?? t("thread.former");
}

export function follows(message, before) {
  return Boolean(
    before && message.author !== "system" &&
      lookOf(before) === lookOf(message) && before.channel === message.channel && before.agent?.id === message.agent?.id &&
      new Date(message.created_at) - new Date(before.created_at) < TOGETHER_MS,
  );
}

/** What happened, in a line of its own that only the team sees. */
function happening(message) {
  const data = message.data ?? {};
  const values = {
    ...data, until: data.until ? dayAndTime(data.until) : "",
    kind: named("remedy", data.kind), amount: data.amount ? money(data.amount) : "",
  };
  const words = t(`happened.${data.event}`, values);
  return el(
    "li", { id: `m${message.seq}`, class: "line event", "data-seq": message.seq, tabindex: "-1" },
    el("p", { class: "small soft" }, icon("note"), el("span", { class: "text" }, words.startsWith("happened.") ? message.text : words), el("time", { datetime: message.created_at }, timeOf(message.created_at))),
  );
}

export function bubble(message, before, context) {
  const look = lookOf(message);
  if (look === "event") return happening(message);
  const who = speaker(message, context);
  return el(
    "li",
    {
      id: `m${message.seq}`, class: `line ${look}${follows(message, before) ? " follows" : ""}${message.text.includes("\n") ? " long" : ""}`,
      "data-seq": message.seq, tabindex: "-1",
    },
    el(
      "p",
      { class: "by" },
      look === "note" && icon("note"),
      look === "bot" && icon("assistant"),
      el("strong", {}, who),
      look === "note" && el("span", {}, `${t("thread.note")} – ${t("thread.note_hint")}`),
      el("time", { datetime: message.created_at }, timeOf(message.created_at)),
      message.author === "customer" && el("span", { class: "small soft" }, named("channel", message.channel)),
    ),
    message.attachments ? filesOf(message.attachments) : el("div", { class: "text", dir: "auto" }, message.text),
    messageCard(message),
    message.edits && el("p", { class: "small soft aside" }, t("thread.edited")),
    message.kind === "button" && el("p", { class: "small soft aside" }, t("thread.pressed")),
    message.buttons && el("p", { class: "small soft aside" }, t("thread.choices", { titles: message.buttons.join(" / ") })),
    message.deliveries && deliveries(message),
    message.author === "customer" && context.lang && context.lang !== lang && message.reading && gist(message.reading),
    message.author === "customer" && !message.attachments && reading(message, context),
  );
}

/** For whoever can't read the customer's language: what the assistant took from it, in their own. */
function gist(found) {
  const parts = [
    named("intent", found.intent), found.anger && found.anger !== "none" && named("mood", found.anger),
    ...(found.entities ?? []).map((one) => `${named("entity", one.entity)}: ${factValue(one.entity, one.value)}`),
  ].filter(Boolean);
  return el("p", { class: "small aside gist" }, icon("assistant", t("thread.gist")), parts.join(" · "));
}

function deliveries(message) {
  return el(
    "p",
    { class: "small aside" },
    message.deliveries.map(({ id, channel, state }) => {
      if (state === "failed") return el("span", { class: "wrong" }, icon("over"), t("thread.undeliverable"), " ", again(id));
      const word = channel === "email" && state === "sent" ? "mailed" : state === "sent" ? "delivered" : "delivering";
      return el("span", { class: "soft" }, t(`thread.${word}`), channel === "email" ? "" : ` · ${named("channel", channel)}`);
    }),
  );
}

/** A delivery that was given up is tried once more; what came of it shows by itself. */
function again(id) {
  const button = el("button", { type: "button", class: "link" }, t("thread.deliver"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    await post(`outbox/${id}/retry`).catch(() => {});
    button.replaceWith(t("thread.delivering"));
  });
  return button;
}

/** What the assistant understood: on demand, and asked for again where it came later. */
function reading(message, context) {
  const body = el("div", { class: "small" });
  const made = el("details", { class: "reading" }, el("summary", { title: t("thread.reading") }, t("thread.reading")), body);
  made.addEventListener("toggle", async () => {
    if (!made.open || body.childNodes.length) return;
    let found = message.reading;
    if (!found) {
      const page = await get(`conversations/${context.id}/messages?after=${message.seq - 1}&limit=1`).catch(() => null);
      found = page?.messages.find((one) => one.seq === message.seq)?.reading;
    }
    body.replaceChildren(found ? readingBody(found, context.articleAfter(message.seq)) : el("p", { class: "soft" }, t("thread.no_reading")));
  });
  return made;
}

function readingBody(found, article) {
  const percent = (part) => (typeof part === "number" ? ` ${Math.round(part * 100)} %` : "");
  const rest = (found.ranking ?? []).slice(1).map((one) => named("intent", one.name) + percent(one.confidence));
  const pairs = [
    [t("thread.intent"), named("intent", found.intent) + percent(found.confidence) + (rest.length ? ` (${rest.join(", ")})` : "")],
    found.anger && [t("thread.mood"), named("mood", found.anger)],
    article && [t("thread.article"), article.title],
    found.language && [t("thread.language"), named("lang", found.language)],
    found.entities?.length && [
      t("thread.found"),
      found.entities.map((one) => `${named("entity", one.entity)}: ${factValue(one.entity, one.value)}`).join(", "),
    ],
  ].filter(Boolean);
  return el("dl", { class: "pairs" }, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}
