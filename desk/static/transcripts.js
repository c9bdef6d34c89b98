// The list of transcripts: searches are kept under a name, and forgotten.

import { post } from "./api.js";
import { setUpBar } from "./bar.js";
import { ask } from "./dialogs.js";
import { byId, el, speak } from "./dom.js";
import { t } from "./words.js";

setUpBar();

// An address with nothing in it but what was asked for.
byId("filters").addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!String(value).trim()) formData.delete(name);
});

byId("keep")?.addEventListener("click", async ({ currentTarget: button }) => {
  const given = await ask({
    title: t("transcripts.keep_title"),
    fields: [
      el("label", { for: "search-name" }, t("transcripts.keep_name")),
      el("input", { id: "search-name", name: "name", required: true, maxlength: 60, autocomplete: "off" }),
      el("label", { class: "tick" }, el("input", { type: "checkbox", name: "shared" }), " ", t("transcripts.keep_shared")),
    ],
    submit: t("transcripts.keep_submit"),
  });
  if (!given) return;
  try {
    await post("searches", { name: given.name, query: button.dataset.query, shared: "shared" in given });
    location.reload();
  } catch (problem) {
    speak(t("banner.action_failed", { why: problem.message }));
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-forget]");
  if (!button) return;
  try {
    await post(`searches/${button.dataset.forget}/forget`);
    button.closest("li").remove();
    byId("filters").querySelector("input").focus();
  } catch (problem) {
    speak(t("banner.action_failed", { why: problem.message }));
  }
});
