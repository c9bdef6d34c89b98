// What is due: listed anew whenever something changes, the overdue on top.

import { get, post } from "./api.js";
import { setUpBar } from "./bar.js";
import { ask, choices } from "./dialogs.js";
import { byId, el, icon, refill, speak } from "./dom.js";
import { listen } from "./live.js";
import { dayAndTime, named, t } from "./words.js";

const bar = setUpBar({ live: true });
const list = byId("tasks");
const filters = byId("task-filters");

async function load() {
  const given = new URLSearchParams(new FormData(filters));
  try {
    const { tasks } = await get(`tasks?${given}`);
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.do : null;
    refill(list, tasks.length ? tasks.map(card) : el("li", { class: "nothing" }, t("tasks.none")));
    if (focused) list.querySelector(`[data-do="${focused}"]`)?.focus();
  } catch (problem) {
    speak(t("banner.action_failed", { why: problem.message }));
  }
}

function who(task) {
  return task.customer?.name || t("visitor", { id: task.conversation.slice(0, 4).toUpperCase() });
}

function card(task) {
  const open = task.state === "open";
  return el(
    "li",
    { class: `task ${task.overdue ? "overdue" : ""}` },
    el(
      "h2",
      {},
      named("task_kind", task.kind),
      " · ",
      el("time", { datetime: task.due_at }, dayAndTime(task.due_at)),
      " ",
      task.overdue && el("span", { class: "chip over" }, icon("over"), t("customer.overdue")),
    ),
    task.kind === "promise" && el("p", { dir: "auto" }, named("promise", task.what)),
    task.contact && el("p", {}, task.contact === "chat" ? t("tasks.chat") : task.contact),
    el(
      "p",
      { class: "small soft" },
      el("span", { dir: "auto" }, who(task)),
      " · ",
      task.owner ? t("tasks.of", { agent: task.owner.name }) : t("tasks.nobody"),
      task.tz ? ` · ${task.tz}` : "",
    ),
    el(
      "p",
      { class: "task-end" },
      el("a", { href: `/desk/c/${task.conversation}` }, t("tasks.conversation"), el("span", { class: "hidden" }, `: ${who(task)}`)),
      open && !task.owner && button("take", task, () => act(task, "take")),
      open && button("done", task, () => done(task)),
      open && button("move", task, () => move(task)),
      open && button("cancel", task, () => cancel(task)),
    ),
  );
}

function button(what, task, onclick) {
  return el("button", { type: "button", onclick, "data-do": `${what}-${task.id}` }, t(`tasks.${what}`));
}

async function act(task, what, body = {}) {
  const focused = document.activeElement?.dataset?.do;
  try {
    await post(`tasks/${task.id}/${what}`, body);
    speak(t("tasks.changed"));
  } catch (problem) {
    speak(t("banner.action_failed", { why: problem.message }));
  }
  await load();
  // Unless they have gone on meanwhile: the list may have heard of it before.
  if (document.activeElement !== document.body) return;
  (list.querySelector(`[data-do="${focused}"]`) ?? list.querySelector("button") ?? filters.elements.state).focus();
}

async function done(task) {
  if (task.kind !== "callback") return act(task, "done");
  const outcome = choices("outcome", ["reached", "unreached"].map((one) => [one, t(`tasks.${one}`)]));
  const given = await ask({ title: t("tasks.how"), fields: [outcome], submit: t("tasks.done") });
  if (given) await act(task, "done", given);
}

async function move(task) {
  let times;
  if (task.kind === "callback") {
    times = (await get("callback-slots")).slots;
  } else {
    const from = Math.max(Date.now(), Date.parse(task.due_at));
    times = [1, 2, 4, 24, 48, 72].map((hours) => new Date(from + hours * 3600000).toISOString());
  }
  const at = el("select", { name: "at" }, times.map((one) => el("option", { value: one }, dayAndTime(one))));
  const field = el("label", {}, t("tasks.new_time"), " ", at);
  const given = await ask({ title: t("tasks.move"), lead: t("tasks.told"), fields: [field], submit: t("tasks.move") });
  if (given?.at) await act(task, "move", given);
}

async function cancel(task) {
  const lead = task.kind === "callback" ? t("tasks.told") : null;
  if (await ask({ title: t("tasks.cancel"), lead, submit: t("tasks.cancel") })) await act(task, "cancel");
}

filters.addEventListener("change", load);
listen({ tasks(counts) { bar.showTasks(counts); load(); }, lost: () => speak(t("banner.lost")), found: load });
