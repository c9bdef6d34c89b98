/** The small menu: language, transcript, help pages, deleting one's data. A plain disclosure of buttons. */
import { attribute, button, h, icon } from "./dom.ts";
import { link } from "./links.ts";
import type { Lang } from "./protocol.ts";
import { origin } from "./script.ts";
import type { Texts } from "./texts.ts";

export interface MenuActions {
  language(lang: Lang): void;
  transcript(): void;
  erase(): void;
}

export interface Menu {
  readonly opener: HTMLElement;
  readonly list: HTMLElement;
  show(open: boolean): void;
}

export function createMenu(t: Texts, lang: Lang, { language, transcript, erase }: MenuActions): Menu {
  const other = lang === "en" ? "ja" : "en";
  const list = h(
    "div",
    { class: "menu", id: "menu", hidden: true, onclick: () => show(false) },
    button("", t.otherLanguage, () => language(other), { lang: other }),
    button("", t.transcript, transcript),
    link(`${origin}/help/${lang}/`, t.help),
    button("", t.erase, erase),
  );
  const opener = button("icon", icon("menu"), () => show(list.hidden === true), {
    "aria-label": t.menu,
    "aria-expanded": "false",
    "aria-controls": "menu",
  });

  function show(open: boolean): void {
    list.hidden = !open;
    attribute(opener, "aria-expanded", `${open}`);
    list.querySelector("button")?.focus();
  }

  return { opener, list, show };
}
