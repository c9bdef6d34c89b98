// The overview: missed questions are settled in place.

import { post } from "./api.js";
import { setUpBar } from "./bar.js";
import { byId, speak } from "./dom.js";
import { t } from "./words.js";

setUpBar();

byId("missed-list").addEventListener("click", async (event) => {
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
