// Files in a conversation: how they look, and how an agent sends some – chosen, dropped or pasted,
// and looked at before they go.

import { post } from "./api.js";
import { byId, el, icon, speak } from "./dom.js";
import { t } from "./words.js";

const LARGEST = 10 * 1024 * 1024;
const TAKEN = ["image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"];
const LONGEST_PAUSE_MS = 15000;

const isPicture = (type) => type.startsWith("image/");

function size(bytes) {
  const megabytes = bytes / 1024 / 1024;
  return megabytes >= 1 ? t("file.megabytes", { n: megabytes.toFixed(1) }) : t("file.kilobytes", { n: Math.max(1, Math.round(bytes / 1024)) });
}

/** The files of a message: pictures that open, sound that plays, everything else to be saved. */
export function filesOf(attachments) {
  return el("ul", { class: "files" }, attachments.map((one) => el("li", {}, shown(one))));
}

function shown(one) {
  if (isPicture(one.type)) {
    return el(
      "button",
      { type: "button", class: "picture", title: one.name, "aria-label": t("file.open", { name: one.name }), onclick: () => view(one) },
      // Its box has its size before it is there: nothing moves under a reader's eyes.
      el("img", { src: one.url, alt: "", loading: "lazy" }),
    );
  }
  const row = fileRow(one);
  return one.type.startsWith("audio/") ? [el("audio", { controls: true, preload: "none", src: one.url, "aria-label": one.name }), row] : row;
}

/** A file as a line with its name and size, to be saved. */
export function fileRow(one) {
  return el(
    "a", { class: "file", href: one.url, download: one.name, "aria-label": t("file.save_named", { name: one.name, size: size(one.size) }) },
    icon("page"), el("span", { class: "file-name", dir: "auto" }, one.name), el("span", { class: "soft small" }, size(one.size)),
  );
}

function view(one) {
  const close = el("button", { type: "button", class: "main", onclick: () => dialog.close() }, t("shortcuts.close"));
  const dialog = el(
    "dialog",
    { class: "viewer", "aria-label": one.name },
    el("img", { src: one.url, alt: t("file.picture", { name: one.name }) }),
    el("div", { class: "viewer-end" }, el("span", { class: "small", dir: "auto" }, `${one.name} · ${size(one.size)}`), el("a", { class: "button", href: one.url, download: one.name }, t("file.save")), close),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}

/** What is about to be sent, by conversation. A file stays until the server has it. */
export class FileTray {
  /** `field`: where text is written, and pictures are pasted. */
  constructor(field) {
    this.field = field;
    this.chosen = [];
    this.conversation = null;
    this.open = false;
    this.input = el("input", { type: "file", multiple: true, accept: TAKEN.join(","), hidden: true, tabindex: "-1", onchange: () => this.picked() });
    this.button = el("button", { type: "button", class: "quiet square", title: t("file.add"), "aria-label": t("file.add"), onclick: () => this.input.click() }, icon("clip"));
    this.trouble = el("p", { class: "wrong small", role: "alert" });
    this.list = el("ul", { class: "tray-files" });
    this.sender = el("button", { type: "button", onclick: () => this.send() });
    this.box = el("section", { class: "tray", "aria-label": t("file.chosen"), hidden: true }, this.trouble, this.list, this.sender);
    field.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length || !this.open) return;
      event.preventDefault();
      this.add(files);
    });
    this.takeDrops(byId("main"));
    window.addEventListener("beforeunload", (event) => this.chosen.length && event.preventDefault());
  }

  /** `open`: whether files may be sent in `conversation` now. */
  show(conversation, open) {
    if (conversation !== this.conversation) this.trouble.textContent = "";
    this.conversation = conversation;
    this.open = open;
    this.button.hidden = !open;
    this.render();
  }

  get own() {
    return this.chosen.filter((one) => one.conversation === this.conversation);
  }

  takeDrops(zone) {
    const carries = (event) => this.open && [...(event.dataTransfer?.types ?? [])].includes("Files");
    zone.addEventListener("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      zone.classList.add("dropping");
    });
    zone.addEventListener("dragleave", (event) => zone.contains(event.relatedTarget) || zone.classList.remove("dropping"));
    zone.addEventListener("drop", (event) => {
      zone.classList.remove("dropping");
      if (!carries(event)) return;
      event.preventDefault();
      this.add([...event.dataTransfer.files]);
    });
  }

  picked() {
    this.add([...this.input.files]);
    this.input.value = "";
  }

  add(files) {
    const why = (file) => (!TAKEN.includes(file.type) ? "unknown_type" : file.size > LARGEST ? "too_large" : file.size === 0 ? "broken_file" : null);
    const refused = files.filter(why);
    this.trouble.textContent = refused.map((file) => `${file.name}: ${t(`file.${why(file)}`)}`).join(" ");
    for (const file of files.filter((file) => !why(file))) {
      const preview = isPicture(file.type) ? URL.createObjectURL(file) : null;
      this.chosen.push({ conversation: this.conversation, client_id: crypto.randomUUID(), file, preview });
    }
    this.render();
    if (this.own.length) this.sender.focus();
  }

  remove(one) {
    const at = this.own.indexOf(one);
    this.chosen = this.chosen.filter((other) => other !== one);
    if (one.preview) URL.revokeObjectURL(one.preview);
    const had = this.box.contains(document.activeElement);
    this.render();
    if (!had) return;
    const rest = this.list.querySelectorAll(".tray-remove");
    (rest[Math.min(at, rest.length - 1)] ?? this.field).focus();
  }

  /** All that is chosen here, one after the other. */
  async send() {
    if (!this.open) return;
    const waiting = this.own.filter((one) => !one.sending);
    if (!waiting.length) return;
    for (const one of waiting) {
      one.sending = true;
      one.trouble = null;
    }
    this.render();
    this.field.focus();
    for (const one of waiting) await this.upload(one);
  }

  async upload(one) {
    for (let pause = 1000; this.chosen.includes(one); pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      const form = new FormData();
      form.append("client_id", one.client_id);
      form.append("file", one.file, one.file.name);
      try {
        await post(`conversations/${one.conversation}/attachments`, form);
        this.remove(one);
        speak(t("file.sent", { name: one.file.name }));
        return;
      } catch (problem) {
        if (!problem.passing) {
          one.sending = false;
          const known = ["too_large", "unknown_type", "broken_file"].includes(problem.code);
          one.trouble = known ? t(`file.${problem.code}`) : problem.message || problem.code;
          this.render();
          return;
        }
        one.retrying = true;
        this.render();
        await new Promise((resolve) => setTimeout(resolve, Math.max(pause, (problem.retryAfter ?? 0) * 1000)));
      }
    }
  }

  render() {
    const own = this.own;
    this.box.hidden = !this.open || (!own.length && !this.trouble.textContent);
    this.list.replaceChildren(...own.map((one) => this.row(one)));
    const waiting = own.filter((one) => !one.sending).length;
    this.sender.hidden = waiting === 0;
    this.sender.textContent = t(waiting === 1 ? "file.send" : "file.send_many", { n: waiting });
  }

  row(one) {
    const { name } = one.file;
    const state = one.trouble ? `${t("file.failed")} ${one.trouble}` : one.sending ? t(one.retrying ? "thread.retrying" : "thread.sending") : size(one.file.size);
    return el(
      "li",
      { class: one.trouble ? "failed" : one.sending ? "pending" : null },
      one.preview ? el("img", { src: one.preview, alt: "" }) : icon("page"),
      el("span", { class: "file-name", dir: "auto" }, name),
      el("span", { class: one.trouble ? "wrong small" : "soft small", role: one.trouble ? "alert" : null }, one.trouble && icon("over"), state),
      el("button", { type: "button", class: "quiet square tray-remove", "aria-label": t("file.remove", { name }), title: t("file.remove", { name }), onclick: () => this.remove(one) }, icon("close")),
    );
  }
}
