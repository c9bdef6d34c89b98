// When a conversation shall come back: the usual times, or one of the agent's own.

import { ask, choices } from "./dialogs.js";
import { el } from "./dom.js";
import { dayAndTime, dayOf, momentAt, t } from "./words.js";

const HOUR_MS = 3600000;
const DAY_MS = 24 * HOUR_MS;

/** Nine o'clock in the shop, so many days from today; days and times are the shop's everywhere. */
function morning(days) {
  const day = new Date(Date.parse(dayOf(new Date())) + days * DAY_MS).toISOString().slice(0, 10);
  return momentAt(`${day}T09:00`);
}

/** Days from today to the next Monday. */
const toMonday = () => (8 - new Date(dayOf(new Date())).getUTCDay()) % 7 || 7;

/** A moment to come, or null when it was cancelled. */
export async function askUntil() {
  const times = {
    hour: new Date(Date.now() + HOUR_MS),
    hours: new Date(Date.now() + 4 * HOUR_MS),
    tomorrow: morning(1),
    monday: morning(toMonday()),
  };
  const options = Object.entries(times).map(([name, at]) => [name, t(`snooze.${name}`), dayAndTime(at)]);
  const own = el("input", { type: "datetime-local", name: "at", "aria-label": t("snooze.own"), onfocus: () => { box.querySelector("[value=own]").checked = true; } });
  const box = el("div", {}, choices("until", [...options, ["own", t("snooze.own")]]), own);
  const given = await ask({ title: t("snooze.title"), lead: t("snooze.lead"), fields: [box], submit: t("snooze.submit") });
  if (!given) return null;
  const at = given.until === "own" ? momentAt(given.at) : times[given.until];
  return Number.isNaN(at.getTime()) ? null : at;
}
