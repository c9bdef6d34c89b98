/** The script tag that brought the widget: where the service is, and how the shop wants it. */
const tag =
  (document.currentScript as HTMLScriptElement | null) ??
  // Loaded in a way that doesn't say (as a module, say).
  document.querySelector<HTMLScriptElement>('script[src*="/widget.js"]');

export const origin = new URL(tag?.src ?? location.href).origin;

/** data-lang, data-color, data-name */
export const wishes: DOMStringMap = tag?.dataset ?? {};
