// The bar on top of every page: status, sound, language, signing out.

import { get, post } from "./api.js";
import { alerts } from "./alerts.js";
import { byId, el } from "./dom.js";
import { ask, show } from "./dialogs.js";
import { forgetAll } from "./kept.js";
import { t } from "./words.js";

const SHORTCUTS = [
  ["Alt J", "next"], ["Alt K", "previous"], ["Alt L", "reply"], ["Alt P", "note"], ["Alt C", "claim"],
  ["Alt E", "resolve"], ["Ctrl Alt E", "resolve_next"], ["Alt M", "snooze"], ["Alt Q", "macro"], ["Alt F", "find"], ["Alt U", "undo"], ["Alt O", "customer"], ["Ctrl Enter", "send"], ["/", "search"], ["/", "canned"],
  ["Ctrl K", "palette"], ["Alt 1–6", "view"], ["Alt S", "status"], ["Esc", "back"], ["?", "help"],
];

export function showShortcuts() {
  const rows = SHORTCUTS.map(([keys, what]) =>
    el("div", {}, el("dt", {}, keys.split(" ").map((key) => el("kbd", {}, key))), el("dd", {}, t(`shortcuts.${what}`))),
  );
  show(t("shortcuts.title"), el("dl", { class: "shortcuts" }, rows));
}

// Pages without the event stream ask: a browser has few connections for many tabs.
const ASK_EVERY_MS = 15000;

/** `leaving`: what has to be done before signing out. `live`: the page hears of news by itself. */
export function setUpBar({ leaving = async () => {}, live = false } = {}) {
  // On a phone the links scroll: where one is stands among those that are seen.
  document.querySelector(".bar nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const status = byId("status");
  const label = status.closest(".status");
  const showStatus = (value) => {
    status.value = value;
    label.dataset.status = value;
    label.querySelector("use").setAttribute("href", `#i-${value}`);
  };
  const setStatus = async (value) => {
    const before = label.dataset.status;
    showStatus(value);
    try {
      await post("me", { status: value });
    } catch {
      showStatus(before);
    }
  };
  status.addEventListener("change", () => setStatus(status.value));
  byId("shortcuts").addEventListener("click", showShortcuts);
  byId("language").addEventListener("click", async () => {
    await post("me", { lang: byId("language").dataset.lang });
    location.reload();
  });
  byId("sign-out").addEventListener("click", () => signOut(leaving));
  alerts.setUp(byId("sound"));
  const menu = byId("menu");
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  });
  if (!live) {
    askAround();
    setInterval(askAround, ASK_EVERY_MS);
  }
  return { showStatus, setStatus, showTasks };
}

let queued = null;

/** Who reads an article or a transcript is on duty like everybody else, and hears who waits. */
async function askAround() {
  const counts = await get("counts").catch(() => null); // 401 leads to the sign-in
  if (!counts) return;
  if (queued !== null && counts.queued > queued) alerts.tell(t("alert.handover"));
  queued = counts.queued;
  showTasks(counts.tasks);
}

let due = null;

/** How many tasks are due beside their link; one that comes due sounds like a customer who waits. */
function showTasks(counts) {
  const badge = byId("due");
  badge.hidden = counts.due === 0;
  badge.classList.toggle("over", counts.overdue > 0);
  badge.replaceChildren(String(counts.due), el("span", { class: "hidden" }, ` ${t(counts.overdue ? "nav.overdue" : "nav.due")}`));
  const more = due !== null && (counts.due > due.due || counts.overdue > due.overdue);
  due = counts;
  if (more) alerts.tell(t("alert.task"));
}

async function signOut(leaving) {
  const { mine } = await get("counts").catch(() => ({ mine: 0 }));
  if (mine > 0) {
    const title = t("nav.sign_out");
    const lead = mine === 1 ? t("ask.sign_out_one") : t("ask.sign_out", { n: mine });
    if ((await ask({ title, lead, submit: title })) === null) return;
  }
  await leaving();
  forgetAll();
  await post("logout");
  location.assign("/desk/sign-in");
}
