// The sign-in page.

import { Problem, post } from "./api.js";
import { byId } from "./dom.js";
import { duration, t } from "./words.js";

const form = byId("sign-in");
const wrong = byId("wrong");
const button = form.querySelector("button");

// Before this the form would be sent as a page, which signs nobody in.
button.disabled = false;
if (location.hash === "#ended") wrong.textContent = t("sign_in.ended");
// A link in a mail comes without the cookie of somebody who is signed in; from here it is sent.
else if (new URLSearchParams(location.search).get("from") === "elsewhere") location.replace(form.dataset.onward);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  wrong.textContent = "";
  button.disabled = true;
  button.textContent = t("sign_in.busy");
  try {
    const otp = byId("otp").value.trim();
    await post("login", { email: byId("email").value, password: byId("password").value, ...(otp && { otp }) });
    location.replace(form.dataset.onward);
  } catch (error) {
    button.disabled = false;
    button.textContent = t("sign_in.submit");
    if (error.code === "otp_needed" || error.code === "otp_wrong") {
      byId("second").hidden = false;
      if (error.code === "otp_wrong") wrong.textContent = t("sign_in.otp_wrong");
      byId("otp").select();
    } else {
      wrong.textContent = said(error);
      byId("password").select();
    }
  }
});

function said(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 401 || error.status === 422) return t("sign_in.wrong");
  if (error.status === 429) return t("sign_in.many", { wait: duration(error.retryAfter || 60) });
  return t("sign_in.failed");
}
