// A file of the playbook: saved when it is right, with the line named when it isn't.

import { post } from "./api.js";
import { setUpBar } from "./bar.js";
import { ask } from "./dialogs.js";
import { byId, speak } from "./dom.js";
import { t } from "./words.js";

setUpBar();

const form = byId("edit");
const content = byId("content");
const wrong = byId("wrong");
let saved = content.value;

async function save(text) {
  wrong.textContent = "";
  try {
    await post(`playbook/${form.dataset.name}`, { content: text, after: Number(form.dataset.after) });
    saved = content.value;
    location.reload();
  } catch (problem) {
    wrong.textContent = problem.code === "edited" ? t("playbook.meanwhile") : problem.message;
    const line = /line (\d+)/.exec(problem.message)?.[1];
    if (problem.code === "malformed" && line) show(Number(line));
  }
}

function show(line) {
  const lines = content.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  content.focus();
  content.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  save(content.value);
});

byId("shipped")?.addEventListener("click", async () => {
  const given = await ask({ title: t("playbook.shipped"), lead: t("playbook.shipped_lead"), submit: t("playbook.shipped") });
  if (given !== null) await save("");
});

byId("main").addEventListener("click", (event) => {
  if (!event.target.closest("[data-restore]")) return;
  content.value = event.target.closest("details").querySelector("pre").textContent;
  content.focus();
  speak(t("playbook.restored"));
});

addEventListener("beforeunload", (event) => {
  if (content.value !== saved) event.preventDefault();
});
