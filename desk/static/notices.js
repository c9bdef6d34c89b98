// Notices: written in both languages, seen as customers will, told, and ended.

import { post } from "./api.js";
import { setUpBar } from "./bar.js";
import { byId, speak } from "./dom.js";
import { t } from "./words.js";

setUpBar();
const form = byId("notice");

form.addEventListener("input", () => {
  for (const lang of ["en", "ja"]) {
    document.querySelector(`[data-preview="${lang}"]`).textContent = form.elements[lang].value;
  }
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = new FormData(form);
  const optional = Object.fromEntries(["topic", "region", "order_state"].filter((name) => given.get(name)).map((name) => [name, given.get(name)]));
  const until = new Date(Date.now() + Number(given.get("hours")) * 3600000).toISOString();
  await tell("notices", { text: { en: given.get("en"), ja: given.get("ja") }, until, ...optional });
});

byId("notices").addEventListener("click", async (event) => {
  const id = event.target.closest("[data-end]")?.dataset.end;
  if (id) await tell(`notices/${id}/end`, {});
});

async function tell(path, body) {
  try {
    await post(path, body);
    location.reload();
  } catch (problem) {
    speak(t("banner.action_failed", { why: problem.message }));
  }
}
