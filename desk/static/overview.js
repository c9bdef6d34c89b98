// The overview: what is now stays true by the desk's events; missed questions are settled in place.

import { get, post } from "./api.js";
import { setUpBar } from "./bar.js";
import { byId, speak } from "./dom.js";
import { listen } from "./live.js";
import { duration, t } from "./words.js";

const bar = setUpBar();

// Events come in bursts, and a wall needn't be quicker than an eye.
const PAUSE_MS = 3000;
let due = null;

const percent = (share) => (share === null ? t("overview.none") : `${Math.round(share * 100)} %`);

function put(name, value, more) {
  const place = document.querySelector(`[data-at="${name}"]`);
  place.textContent = value;
  if (place.dataset.label) place.setAttribute("aria-label", `${place.dataset.label}: ${value}`);
  const beside = document.querySelector(`[data-more="${name}"]`);
  if (beside && more !== undefined) beside.textContent = more;
}

function show(now) {
  const { queued = 0, assigned = 0, bot = 0 } = now.states;
  const { longest_wait_s: longest, target_s: target } = now;
  const late = longest !== null && longest > target;
  put("waiting", queued);
  put(
    "longest",
    longest === null ? t("overview.none") : duration(longest),
    t(late ? "overview.late" : "overview.target", { wait: duration(target) }),
  );
  document.querySelector(".at-longest").classList.toggle("late", late);
  put("with_people", assigned);
  put("with_bot", bot);
  put("on_duty", now.on_duty, t(now.open ? "overview.hours_open" : "overview.hours_closed"));
  put("today", percent(now.today.contained), t("overview.of_today", { n: now.today.conversations }));
  for (const [mood, number] of Object.entries(now.moods)) put(`mood_${mood}`, number);
}

function soon() {
  due ??= setTimeout(async () => {
    due = null;
    const found = await get("reports/overview").catch(() => null); // the next event asks again
    if (found) show(found.now);
  }, PAUSE_MS);
}

listen({
  counts: soon,
  conversation: soon,
  agents: soon,
  beat: soon, // waits grow while nothing happens
  tasks: bar.showTasks,
  lost: () => (byId("live").textContent = t("banner.lost")),
  found() {
    byId("live").textContent = "";
    soon();
  },
});

byId("missed-list")?.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-settle]");
  if (!button) return;
  const item = button.closest("[data-question]");
  const next = item.nextElementSibling ?? item.previousElementSibling;
  button.disabled = true;
  try {
    await post("missed-questions", { id: Number(item.dataset.question), state: button.dataset.settle });
    item.remove();
    speak(button.textContent);
    next?.querySelector("button")?.focus();
  } catch (problem) {
    button.disabled = false;
    speak(t("banner.action_failed", { why: problem.message }));
  }
});
