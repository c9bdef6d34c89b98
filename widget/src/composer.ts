/** Where the customer writes: Enter sends, Shift+Enter breaks the line, and input methods keep their Enter. */
import { attribute, h, icon, say } from "./dom.ts";
import * as kept from "./kept.ts";
import { type Texts, fill } from "./texts.ts";
import type { Uploads } from "./uploads.ts";

/** Code points, as the server counts. */
const limit = 4000;
const warnFrom = limit - 200;

export interface Composer {
  readonly element: HTMLElement;
  focus(): void;
  /** Puts text in front of what is there. */
  restore(text: string): void;
  /** Takes over the draft that is kept, and its height. */
  refresh(): void;
}

export function createComposer(
  t: Texts,
  uploads: Uploads,
  send: (text: string) => void,
  changed: (empty: boolean) => void,
): Composer {
  const counter = h("div", { class: "counter", id: "counter", role: "status" });
  const button = h("button", { class: "send", "aria-label": t.send }, icon("send"));

  function submit(event: Event): void {
    event.preventDefault();
    // The server refuses NUL and half characters; nobody types them on purpose.
    const text = field.value.replace(/\0|\p{Cs}/gu, "").trim();
    if (button.disabled || !text) return;
    put("");
    send(text);
  }

  const field = h("textarea", {
    rows: 1,
    dir: "auto",
    placeholder: t.write,
    "aria-label": t.write,
    "aria-describedby": "counter",
    enterkeyhint: "send",
    oninput() {
      kept.set("draft", field.value);
      changed(!field.value.trim());
      measure();
    },
    onkeydown(event: KeyboardEvent) {
      // Safari ends a composition before the Enter that ended it: 229 tells them apart.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
    },
    onpaste(event: ClipboardEvent) {
      const { files, types } = event.clipboardData!;
      // A copied table comes as text and as a picture of it: the text is meant.
      if (!files.length || types.includes("text/plain")) return;
      event.preventDefault();
      uploads.take(files);
    },
  });

  function measure(): void {
    const left = limit - [...field.value.trim()].length;
    say(counter, left < 0 ? fill(t.over, -left) : left < limit - warnFrom ? fill(t.left, left) : "");
    counter.classList.toggle("problem", left < 0);
    attribute(field, "aria-invalid", left < 0 && "true");
    button.disabled = left < 0 || left === limit;
    // Grows with the text; the style sheet sets the bounds.
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
  }

  function put(text: string): void {
    kept.set("draft", text);
    refresh();
  }

  function refresh(): void {
    field.value = kept.get("draft") ?? "";
    measure();
  }

  return {
    element: h("form", { class: "composer", onsubmit: submit }, uploads.element, counter, uploads.opener, field, button),
    focus: () => field.focus(),
    restore: (text) => put([text, field.value].filter(Boolean).join("\n")),
    refresh,
  };
}
