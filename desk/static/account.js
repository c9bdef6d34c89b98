// An agent's own sign-in: the second factor, and where they are signed in.

import { post, remove } from "./api.js";
import { setUpBar } from "./bar.js";
import { ask, show } from "./dialogs.js";
import { byId, el, speak } from "./dom.js";
import { t } from "./words.js";

setUpBar();

byId("portrait-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  byId("portrait-wrong").textContent = "";
  const form = new FormData();
  form.set("file", file);
  try {
    await post("picture", form);
    location.reload();
  } catch (problem) {
    const known = ["too_large", "unknown_type", "broken_file"].includes(problem.code);
    byId("portrait-wrong").textContent = known ? t("account.portrait_refused") : problem.message;
    target.value = "";
  }
});

byId("portrait-remove")?.addEventListener("click", async () => {
  await remove("picture");
  location.reload();
});

byId("begin")?.addEventListener("click", async () => {
  const { secret } = await post("two-factor/begin");
  byId("secret").textContent = secret.replace(/(.{4})/g, "$1 ").trim();
  byId("code").src = `/desk/account/code.svg?${Date.now()}`;
  byId("begin").hidden = true;
  byId("confirm").hidden = false;
  byId("otp").focus();
});

byId("confirm")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("wrong").textContent = "";
  try {
    const found = await post("two-factor/confirm", { otp: byId("otp").value.trim() });
    const codes = el("ul", { class: "codes" }, found.recovery_codes.map((code) => el("li", {}, el("code", {}, code))));
    await show(t("account.recovery"), el("p", {}, t("account.recovery_lead")), codes);
    location.assign("/desk/account");
  } catch (problem) {
    byId("wrong").textContent = problem.code === "otp_wrong" ? t("sign_in.otp_wrong") : problem.message;
    byId("otp").select();
  }
});

byId("end")?.addEventListener("click", async () => {
  const field = el("label", {}, t("sign_in.password"), el("input", { type: "password", name: "password", required: true, autocomplete: "current-password" }));
  const given = await ask({ title: t("account.end"), lead: t("account.end_lead"), fields: [field], submit: t("account.end") });
  if (given === null) return;
  try {
    await post("two-factor/end", given);
    location.reload();
  } catch (problem) {
    speak(problem.code === "wrong" ? t("account.wrong_password") : problem.message);
  }
});

byId("sign-in-list").addEventListener("click", async (event) => {
  const button = event.target.closest("[data-end]");
  if (!button) return;
  button.disabled = true;
  await post(`sign-ins/${button.dataset.end}/end`);
  button.closest("li").remove();
  speak(t("account.ended"));
});
