// Missed questions by meaning: each group becomes part of an article, or is put aside, at once.

import { get, post } from "./api.js";
import { setUpBar } from "./bar.js";
import { ask } from "./dialogs.js";
import { speak } from "./dom.js";
import { duration, t } from "./words.js";

setUpBar();

async function settled(item, work, done) {
  const next = item.nextElementSibling ?? item.previousElementSibling;
  try {
    await work();
    item.remove();
    speak(done);
    next?.querySelector("a, button")?.focus();
  } catch (problem) {
    speak(t("banner.action_failed", { why: problem.message }));
  }
}

const ids = (item) => item.dataset.ids.split(",").map(Number);

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-dismiss]")?.closest(".group");
  if (!item) return;
  settled(
    item,
    async () => {
      for (const id of ids(item)) await post("missed-questions", { id, state: "dismissed" });
    },
    t("learning.dismissed"),
  );
});

document.addEventListener("change", (event) => {
  const into = event.target.closest("[data-into]");
  if (!into?.value) return;
  const item = into.closest(".group");
  const { lang } = item.dataset;
  // An article's questions are in its language; the others of the group count as answered with it.
  const listed = [...item.querySelectorAll(`[data-question][data-lang="${lang}"]`)];
  const texts = listed.map((one) => one.firstChild.textContent.trim());
  const questions = texts.length ? texts : [item.querySelector(".asked").textContent];
  settled(
    item,
    () => post("articles/questions", { lang, id: into.value, questions: questions.slice(0, 20), missed: ids(item) }),
    t("learning.added", { title: into.selectedOptions[0].textContent }),
  );
});

// A reviewed message is decided about by one press: as an example, or as an article's question.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-lesson], [data-reviewed]");
  if (!button) return;
  const item = button.closest("[data-review]");
  const { lesson, reviewed } = button.dataset;
  const take = (lesson ?? reviewed) === "take";
  settled(
    item,
    () => post(lesson ? "lessons" : "reviewed-questions", { review: Number(item.dataset.review), take }),
    t(take ? (lesson ? "learning.taken" : "learning.kept") : "learning.dismissed"),
  );
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-run]");
  if (!button) return;
  if (button.dataset.run === "switch") {
    // Every customer is answered by the new model from then on.
    const sure = await ask({
      title: t("learning.switch"),
      lead: t("learning.switch_asked"),
      submit: t("learning.switch"),
    });
    if (sure === null) return;
  }
  button.disabled = true;
  try {
    await post("learning/jobs", { kind: button.dataset.run });
    location.reload();
  } catch (problem) {
    button.disabled = false;
    speak(t(problem.code === "running" ? "learning.running" : "banner.action_failed", { why: problem.message }));
  }
});

// A run is watched; its steps and its end are shown as soon as they are there.
const step = document.querySelector("[data-running] [data-step]");
if (step) {
  const began = Date.now() - 1000 * Number(step.dataset.since);
  let shown = step.dataset.step;
  const watch = setInterval(async () => {
    const { jobs } = await get("learning/jobs").catch(() => ({ jobs: [] })); // asked again soon
    if (!jobs[0]) return;
    if (jobs[0].state !== "running") {
      clearInterval(watch);
      location.reload();
      return;
    }
    const name = jobs[0].result.step ?? "begun";
    const [words, since] = step.children;
    words.textContent = t(`learning.step.${name}`);
    since.textContent = t("learning.since", { wait: duration((Date.now() - began) / 1000) });
    if (name !== shown) speak(words.textContent);
    shown = name;
  }, 5000);
}
