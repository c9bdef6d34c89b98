// The people at the desk: every change is asked for in a dialog and shown by the page anew.

import { post } from "./api.js";
import { setUpBar } from "./bar.js";
import { ask } from "./dialogs.js";
import { byId, el, speak } from "./dom.js";
import { t } from "./words.js";

setUpBar();

const field = (name, kind = "text", more = {}) =>
  el("label", {}, t(`people.${name}`), el("input", { name, type: kind, ...more }));
const password = () => field("password", "password", { required: true, minlength: 10, autocomplete: "new-password" });

function roles(chosen) {
  const options = ["agent", "lead", "admin"].map((role) =>
    el("option", { value: role, selected: role === chosen }, t(`people.roles.${role}`)),
  );
  return el("label", {}, t("people.role"), el("select", { name: "role" }, options));
}

async function change(path, body) {
  try {
    await post(path, body);
    location.reload();
  } catch (problem) {
    speak(t("banner.action_failed", { why: problem.message }));
  }
}

byId("add").addEventListener("click", async () => {
  const given = await ask({
    title: t("people.add"),
    fields: [field("name", "text", { required: true }), field("email", "email", { required: true }), roles("agent"), password()],
    submit: t("people.add"),
  });
  if (given !== null) await change("people", given);
});

const words = (text) => text.split(/[\s,、]+/).filter(Boolean);

async function edit({ person, name, role, team, skills, langs, capacity }) {
  const given = await ask({
    title: name,
    fields: [
      field("name", "text", { required: true, value: name }),
      roles(role),
      field("team", "text", { value: team }),
      field("skills", "text", { value: skills }),
      field("langs", "text", { value: langs, pattern: "(en|ja|\\s|,)*" }),
      field("capacity", "number", { value: capacity, min: 0, max: 100 }),
    ],
    submit: t("people.save"),
  });
  if (given === null) return;
  await change(`people/${person}`, {
    name: given.name,
    role: given.role,
    team: given.team.trim(),
    skills: words(given.skills),
    langs: words(given.langs),
    capacity: Number(given.capacity) || 0,
  });
}

byId("main").addEventListener("click", async (event) => {
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (!what) return;
  const data = event.target.closest("[data-person]").dataset;
  const path = `people/${data.person}`;
  if (what === "edit") return edit(data);
  if (what === "enable") return change(path, { disabled: false });
  const fields = what === "password" ? [password()] : [];
  const key = what.replace("/reset", "").replace("-", "_");
  const given = await ask({ title: data.name, lead: t(`people.ask.${key}`), fields, submit: t("people.yes_do") });
  if (given === null) return;
  await (what === "disable" ? change(path, { disabled: true }) : change(`${path}/${what}`, given));
});
