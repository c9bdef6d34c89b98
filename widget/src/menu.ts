/** The small menu: language, sound, transcript, other channels, help pages, deleting one's data. A plain disclosure of buttons. */
import { quiet, setQuiet } from "./alerts.ts";
import { attribute, button, h, icon } from "./dom.ts";
import { link } from "./links.ts";
import type { Lang, Link } from "./protocol.ts";
import { origin } from "./script.ts";
import { type Texts, fill } from "./texts.ts";

export interface MenuActions {
  language(lang: Lang): void;
  transcript(): void;
  erase(): void;
  /** Where else the conversation goes on, or could. */
  links(): readonly Link[];
  goOn(channel: string): void;
  /** Answers always there; null: where the customer writes. */
  prefer(channel: string | null): void;
  unlink(): void;
  /** Null where the shop sends no e-mail. */
  mail(): (() => void) | null;
}

export interface Menu {
  readonly opener: HTMLElement;
  readonly list: HTMLElement;
  show(open: boolean): void;
}

export const channelName = (channel: string): string => channel[0]!.toUpperCase() + channel.slice(1);

export function createMenu(t: Texts, lang: Lang, actions: MenuActions): Menu {
  const other = lang === "en" ? "ja" : "en";
  const list = h("div", { class: "menu", id: "menu", hidden: true, onclick: () => show(false) });

  // Made on opening: what is offered may have changed.
  function entries(): Node[] {
    const turn = (): void => setQuiet(!quiet());
    const mail = actions.mail();
    return [
      button("", t.otherLanguage, () => actions.language(other), { lang: other }),
      button("switch", t.sound, turn, { "aria-pressed": `${!quiet()}` }),
      button("", t.transcript, actions.transcript),
      ...(mail ? [button("", t.mailTranscript, mail)] : []),
      ...actions.links().flatMap(({ channel, linked, preferred }) => {
        const entry = (text: string, act: () => void, pressed?: string): Node =>
          button(pressed ? "switch" : "", fill(text, channelName(channel)), act, { "aria-pressed": pressed });
        return linked
          ? [
              entry(t.prefer, () => actions.prefer(preferred ? null : channel), `${!!preferred}`),
              entry(t.unlink, actions.unlink),
            ]
          : [entry(t.goOn, () => actions.goOn(channel))];
      }),
      link(`${origin}/help/${lang}/`, t.help),
      button("", t.erase, actions.erase),
    ];
  }

  const opener = button("icon", icon("menu"), () => show(list.hidden === true), {
    "aria-label": t.menu,
    "aria-expanded": "false",
    "aria-controls": "menu",
  });

  function show(open: boolean): void {
    if (open) list.replaceChildren(...entries());
    list.hidden = !open;
    attribute(opener, "aria-expanded", `${open}`);
    if (open) list.querySelector("button")!.focus();
  }

  return { opener, list, show };
}
