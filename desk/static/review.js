// A transcript: printing, and a lead's review.

import { post } from "./api.js";
import { setUpBar } from "./bar.js";
import { byId, el } from "./dom.js";
import { named, t } from "./words.js";

setUpBar();
const id = document.querySelector(".transcript").dataset.id;
byId("print").addEventListener("click", () => window.print());

const form = byId("review");
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-review]");
  if (!button) return;
  byId("seq").value = button.dataset.review;
  byId("verdict").focus();
});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim() !== ""));
  for (const number of ["seq", "score", "to_agent"]) if (number in given) given[number] = Number(given[number]);
  for (const name of Object.keys(given).filter((one) => one.startsWith("mark-"))) {
    given.scorecard = { ...given.scorecard, [name.slice(5)]: Number(given[name]) };
    delete given[name];
  }
  const saved = byId("saved");
  try {
    await post(`conversations/${id}/review`, given);
  } catch (problem) {
    saved.textContent = t("banner.action_failed", { why: problem.message });
    return;
  }
  saved.textContent = t("transcript.saved");
  const list = byId("reviews");
  if (list.firstElementChild?.classList.contains("soft")) list.replaceChildren();
  const parts = [named("verdict", given.verdict), given.score && t("customer.stars", { n: given.score }), given.comment];
  list.append(el("li", {}, parts.filter(Boolean).join(" · ")));
  form.reset();
});
