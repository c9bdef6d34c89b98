// What deserves a review: whatever is fine as it is leaves the list with one press.

import { post } from "./api.js";
import { setUpBar } from "./bar.js";
import { speak } from "./dom.js";
import { t } from "./words.js";

setUpBar();

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-fine]");
  if (!button) return;
  const item = button.closest("[data-id]");
  const next = item.nextElementSibling ?? item.previousElementSibling;
  button.disabled = true;
  try {
    await post(`conversations/${item.dataset.id}/review`, { verdict: "good" });
    item.remove();
    speak(t("review_queue.done"));
    next?.querySelector("a, button")?.focus();
  } catch (problem) {
    button.disabled = false;
    speak(t("banner.action_failed", { why: problem.message }));
  }
});
