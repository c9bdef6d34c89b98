/** Puts the chat on the page and gives the page a few handles. */
import { pauseAfter, sleeper } from "./api.ts";
import { type EventName, type Handles, furnish, preferredLanguage } from "./element.ts";
import { loadStyle, loadTexts } from "./files.ts";
import type { Lang } from "./protocol.ts";
import type { Texts } from "./texts.ts";

export interface Omotenashi extends Handles {
  /** `detail` holds what happened, never what was written. Returns a function that ends it. */
  on(event: EventName, listener: (detail: unknown) => void): () => void;
}

declare global {
  interface Window {
    Omotenashi?: Omotenashi;
  }
}

class ChatElement extends HTMLElement {}

const ready = new Promise<unknown>((resolve) =>
  document.body ? resolve(null) : addEventListener("DOMContentLoaded", resolve),
);

/** Style and words, however long it takes: a connection that comes back brings them. */
async function loaded(lang: Lang): Promise<[css: string, texts: Texts]> {
  for (let tries = 0; ; tries++) {
    try {
      return await Promise.all([loadStyle(), loadTexts(lang)]);
    } catch (error) {
      await sleeper().sleep(pauseAfter(error, tries));
    }
  }
}

async function embed(): Promise<void> {
  customElements.define("omotenashi-chat", ChatElement);
  const lang = preferredLanguage();
  // Nothing shows before its style is there.
  const [css, texts] = await loaded(lang);
  await ready;
  const chat = new ChatElement();
  const handles = furnish(chat, css, lang, texts);
  document.body.append(chat);
  window.Omotenashi = {
    ...handles,
    on(event, listener) {
      const heard = (happened: Event): void => listener((happened as CustomEvent).detail);
      chat.addEventListener(event, heard);
      return () => chat.removeEventListener(event, heard);
    },
  };
  dispatchEvent(new Event("omotenashi"));
}

// A page that has the line twice has one chat.
if (!customElements.get("omotenashi-chat")) void embed();
