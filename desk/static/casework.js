// Working on a case from its card: the state it is in now, and what was done, in the words that the customer reads.

import { post } from "./api.js";
import { ask, choices } from "./dialogs.js";
import { el } from "./dom.js";
import { named, t } from "./words.js";

const STATES = ["in_progress", "done", "open"];

/** Asks, and does it; whether something changed. */
export async function workOn(number, state) {
  const states = choices("state", STATES.filter((one) => one !== state).map((one) => [one, named("case_state", one)]));
  const note = el("label", {}, t("casework.note"), el("textarea", { name: "note", rows: 3, maxlength: 2000, dir: "auto" }));
  const given = await ask({ title: t("casework.title", { number }), lead: t("casework.lead"), fields: [states, note], submit: t("casework.submit") });
  if (!given) return false;
  const said = given.note.trim();
  await post(`cases/${number}`, said ? { state: given.state, note: said } : { state: given.state });
  return true;
}
