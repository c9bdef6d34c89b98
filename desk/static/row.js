// A conversation in the list.

import { el, icon } from "./dom.js";
import { seen } from "./kept.js";
import { duration, lang, named, shortTime, t } from "./words.js";

export function nameOf(conversation) {
  return conversation.customer?.name || t("visitor", { id: conversation.id.slice(0, 4).toUpperCase() });
}

/** Whether there is something of the customer's that was not on this screen. */
export function isUnread(row) {
  if (row.state !== "queued" && row.state !== "assigned") return false;
  return row.last_customer_seq > (seen.of(row.id) ?? 0);
}

export function stateWords(conversation, me) {
  if (conversation.state !== "assigned") return t(`state.${conversation.state}`);
  if (conversation.agent?.id === me) return t("state.assigned_you");
  return t("state.assigned", { agent: conversation.agent?.name ?? t("thread.former") });
}

/** Seconds since the customer began to wait for a person, or null. */
function waitOf(row) {
  if (row.state === "queued") return row.waiting_s;
  return row.state === "assigned" && row.unanswered > 0 ? row.unanswered_s : null;
}

export function moodChip(anger) {
  if (anger !== "angry" && anger !== "displeased") return null;
  return el("span", { class: `chip ${anger}` }, icon(anger), t(`mood.${anger}`));
}

export function reasonChip(row) {
  if (!row.reason || (row.reason === "angry" && row.anger === "angry")) return null;
  return el("span", { class: "chip" }, named("reason", row.reason));
}

/** Colleagues who have it before their eyes. */
export function presentChip(row, me) {
  const others = row.present.filter((one) => one.id !== me);
  if (!others.length) return null;
  const typing = others.some((one) => one.doing === "typing");
  const names = others.map((one) => one.name).join(", ");
  return el("span", { class: "chip present" }, icon("person"), t(typing ? "list.typing" : "list.viewing", { names }));
}

function waitChip(row, target, fetchedAt) {
  const wait = waitOf(row);
  if (wait === null) {
    return el("time", { class: "when", datetime: row.updated_at }, shortTime(row.updated_at));
  }
  const made = el("span", { class: "wait", "data-since": fetchedAt - wait * 1000, "data-target": target });
  showWait(made);
  return made;
}

/** Waiting grows by itself; it is redrawn only where its words change. */
export function showWait(made) {
  const seconds = (Date.now() - Number(made.dataset.since)) / 1000;
  const over = seconds > Number(made.dataset.target);
  const said = duration(seconds);
  if (made.dataset.said === said + over) return;
  made.dataset.said = said + over;
  made.classList.toggle("over", over);
  const whole = t(over ? "list.waiting_over" : "list.waiting", { wait: said });
  made.title = whole;
  made.replaceChildren(
    icon(over ? "over" : "clock"),
    el("span", { "aria-hidden": "true" }, said),
    el("span", { class: "hidden" }, whole),
  );
}

export function row(conversation, { me, target, fetchedAt, opened, withState }) {
  const unread = isUnread(conversation);
  const name = nameOf(conversation);
  const tier = conversation.customer?.tier;
  const choice = conversation.choice === "message" ? "list.left_message" : "list.callback";
  return el(
    "a",
    {
      href: `/desk/c/${conversation.id}`,
      class: `row${unread ? " unread" : ""}`,
      "data-id": conversation.id,
      "aria-current": opened ? "true" : null,
    },
    el(
      "span",
      { class: "row-top" },
      el("span", { class: "channel" }, icon(conversation.channel, named("channel", conversation.channel))),
      el("span", { class: "name" }, name),
      tier && tier !== "leaf" && el("span", { class: "tier" }, named("tier", tier)),
      unread && el("span", { class: "dot", role: "img", "aria-label": t("list.unread"), title: t("list.unread") }),
      waitChip(conversation, target, fetchedAt),
    ),
    el(
      "span",
      { class: "row-chips" },
      moodChip(conversation.anger),
      reasonChip(conversation),
      conversation.state === "queued" && ["message", "callback"].includes(conversation.choice) &&
        el("span", { class: "chip" }, t(choice)),
      conversation.team && el("span", { class: "chip plain" }, t("list.team", { team: conversation.team })),
      withState && el("span", { class: "chip plain" }, stateWords(conversation, me)),
      conversation.lang && conversation.lang !== lang &&
        el("span", { class: "chip plain" }, named("lang", conversation.lang)),
      presentChip(conversation, me),
    ),
    el("span", { class: "preview", dir: "auto", lang: conversation.lang || null }, conversation.last_message),
  );
}
