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

// Who says what would have been right says that it went wrong.
for (const [field, verdict] of [["intent", "wrong_intent"], ["article", "wrong_answer"]]) {
  byId(field)?.addEventListener("change", (event) => {
    const chosen = byId("verdict");
    if (event.target.value && chosen.value === "good") chosen.value = verdict;
  });
}

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
  const first = [
    named("verdict", given.verdict), given.score && t("customer.stars", { n: given.score }),
    given.intent && named("intent", given.intent), given.article, given.seq && `#${given.seq}`,
  ];
  const marks = Object.entries(given.scorecard ?? {}).map(([name, mark]) => `${named("criterion", name)}: ${named("mark", String(mark))}`);
  const lines = [first, marks, [given.comment]].map((parts) => parts.filter(Boolean).join(" · ")).filter(Boolean);
  list.append(el("li", {}, lines.map((line) => el("p", { dir: "auto" }, line))));
  form.reset();
});
