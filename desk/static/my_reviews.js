// What leads wrote to this agent: read, and said so.

import { post } from "./api.js";
import { setUpBar } from "./bar.js";
import { el, speak } from "./dom.js";
import { t } from "./words.js";

setUpBar();

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-seen]");
  if (!button) return;
  button.disabled = true;
  try {
    await post(`reviews/${button.dataset.seen}/seen`);
    button.replaceWith(el("span", { class: "soft small" }, t("my_reviews.seen")));
    speak(t("my_reviews.seen"));
  } catch (problem) {
    button.disabled = false;
    speak(t("banner.action_failed", { why: problem.message }));
  }
});
