// Questions that come before an action, as native dialogs: focus, Esc and the background are theirs.

import { el, icon } from "./dom.js";
import { t } from "./words.js";

/**
 * Ask, and get the form's values, or null when it was cancelled.
 * `warning`: what speaks against it. `fields`: elements with names. `submit`: the word on the button.
 */
export function ask({ title, lead, warning = null, fields = [], submit }) {
  return new Promise((resolve) => {
    const cancel = el("button", { type: "button", onclick: () => dialog.close() }, t("ask.cancel"));
    const form = el(
      "form",
      { method: "dialog" },
      el("h2", { id: "ask-title" }, title),
      lead && el("p", { class: "soft" }, lead),
      warning && el("p", { class: "warning", role: "alert" }, icon("over"), warning),
      ...fields,
      el("div", { class: "ask-end" }, cancel, el("button", { type: "submit", class: "main" }, submit)),
    );
    const dialog = el("dialog", { class: "ask", "aria-labelledby": "ask-title" }, form);
    let given = null;
    form.addEventListener("submit", () => {
      given = Object.fromEntries(new FormData(form));
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(given);
    });
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** One of several, as radio buttons: [[value, label, detail?], …]. The first is chosen. */
export function choices(name, options) {
  return el(
    "div",
    { class: "choices", role: "radiogroup" },
    options.map(([value, label, detail], at) =>
      el(
        "label",
        {},
        el("input", { type: "radio", name, value, checked: at === 0, required: true }),
        el("span", {}, label),
        detail && el("span", { class: "soft small" }, detail),
      ),
    ),
  );
}

/** Something to read; resolves when it is closed. */
export function show(title, ...content) {
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "ask-title" });
  const close = el("button", { type: "button", class: "main", onclick: () => dialog.close() }, t("shortcuts.close"));
  dialog.append(el("h2", { id: "ask-title" }, title), ...content, el("div", { class: "ask-end" }, close));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve();
    });
  });
}
