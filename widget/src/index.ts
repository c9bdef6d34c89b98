/** Puts the chat on the page and gives the page a few handles. */
import { type EventName, type Handles, furnish } from "./element.ts";

export interface Omotenashi extends Handles {
  /** `detail` holds what happened, never what was written. Returns a function that ends it. */
  on(event: EventName, listener: (detail: unknown) => void): () => void;
}

declare global {
  interface Window {
    Omotenashi?: Omotenashi;
  }
}

class ChatElement extends HTMLElement {
  readonly handles = furnish(this);
}

function embed(): void {
  if (window.Omotenashi) return;
  customElements.define("omotenashi-chat", ChatElement);
  const chat = new ChatElement();
  document.body.append(chat);
  window.Omotenashi = {
    ...chat.handles,
    on(event, listener) {
      const heard = (happened: Event): void => listener((happened as CustomEvent).detail);
      chat.addEventListener(event, heard);
      return () => chat.removeEventListener(event, heard);
    },
  };
  dispatchEvent(new Event("omotenashi"));
}

if (document.body) embed();
else addEventListener("DOMContentLoaded", embed);
