/** <omotenashi-chat>: the launcher and the panel, in a shadow root that the page's styles don't reach. */
import { alert } from "./alerts.ts";
import * as chat from "./chat.ts";
import { brandRules } from "./colour.ts";
import { attribute, button, h, icon } from "./dom.ts";
import * as kept from "./kept.ts";
import { type Panel, createPanel } from "./panel.ts";
import type { Lang } from "./protocol.ts";
import { wishes } from "./script.ts";
import { type Texts, fill, languages } from "./texts.ts";
import { loadTexts } from "./files.ts";

/** What the page can do with the chat, and what it hears of it. */
export interface Handles {
  open(): void;
  close(): void;
  /** A token made by the shop's server says who the customer is; null on sign-out clears this browser. */
  identify(jwt: string | null): Promise<void>;
  setLanguage(lang: Lang): Promise<void>;
}

export type EventName = "open" | "close" | "message" | "state" | "unread" | "rating" | "comment";

/** Where the panel fills the screen and the page behind it rests. */
const phone = matchMedia("(max-width: 667px)");

/** The customer's choice, the shop's, the page's, the browser's. */
export function preferredLanguage(): Lang {
  const wishedFor = [kept.get("lang"), wishes["lang"], document.documentElement.lang, ...navigator.languages];
  return (wishedFor.map((l) => l?.slice(0, 2)).find((l) => languages.includes(l as Lang)) as Lang | undefined) ?? "en";
}

export function furnish(host: HTMLElement, css: string, lang: Lang, t: Texts): Handles {
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css + brandRules(wishes["color"]));
  root.adoptedStyleSheets = [sheet];

  let panel: Panel;
  let wanted = lang;

  const tell = (name: EventName, detail: object = {}): unknown => host.dispatchEvent(new CustomEvent(name, { detail }));

  const audience: chat.Audience = {
    entry(entry, fresh) {
      panel.entry(entry, fresh);
      const { author, kind, seq, agent } = entry.message;
      if (fresh) tell("message", { author, kind, seq });
      // "agent": somebody has come and is about to write.
      const person = author === "agent" || kind === "agent";
      const looking = dialog.open && document.hasFocus();
      if (fresh && person && !looking) alert(fill(t.answered, agent?.name ?? t.agent), chat.leading());
      look();
    },
    reset() {
      panel.reset();
      look();
    },
    live() {
      panel.live();
      tell("state", { state: chat.live.status.state });
      look();
    },
    hint: (hint) => panel.hint(hint),
    returned: (text) => panel.returned(text),
  };

  const dialog = h("dialog", {
    tabindex: -1,
    "aria-labelledby": "title",
    onkeydown(event: KeyboardEvent) {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      if (!panel.closeInner()) close();
    },
    // The back gesture of a phone.
    oncancel(event: Event) {
      event.preventDefault();
      close();
    },
  });
  const badge = h("span", "badge");
  const launcher = button("launcher", icon("chat"), () => (dialog.open ? close() : open()), {
    "aria-haspopup": "dialog",
  });
  launcher.append(icon("close"), badge);

  function build(): void {
    panel = createPanel(t, lang, wishes["name"], {
      close,
      happened: tell,
      language(to) {
        kept.set("lang", to);
        void setLanguage(to);
      },
    });
    dialog.replaceChildren(panel.element);
    look();
  }

  /** Unread or read, and the launcher says so. */
  function look(): void {
    const shown = dialog.open;
    if (shown && !document.hidden) chat.read();
    const unread = shown ? 0 : chat.unread();
    attribute(launcher, "aria-expanded", `${shown}`);
    attribute(launcher, "aria-label", shown ? t.close : unread ? fill(t.openUnread, unread) : t.open);
    attribute(launcher, "lang", lang);
    badge.hidden = !unread;
    if (badge.textContent === `${unread}`) return;
    badge.textContent = `${unread}`;
    tell("unread", { unread });
  }

  /** Modal on a phone: focus stays inside and the page behind is inert. Beside the page elsewhere. */
  function show(): void {
    dialog.close();
    if (phone.matches) dialog.showModal();
    else dialog.show();
    fit();
    dialog.focus();
    panel.opened(matchMedia("(pointer: coarse)").matches);
    look();
  }

  /** The on-screen keyboard covers the layout viewport: keep to what can be seen, unless it is only magnified. */
  function fit(): void {
    const { height, offsetTop, scale } = visualViewport!;
    if (scale > 1.1) return;
    dialog.style.setProperty("--seen", `${height}px`);
    dialog.style.setProperty("--top", `${offsetTop}px`);
  }

  function open(): void {
    if (dialog.open) return;
    show();
    void chat.start();
    tell("open");
  }

  function close(): void {
    if (!dialog.open) return;
    dialog.close();
    launcher.focus();
    look();
    tell("close");
  }

  async function setLanguage(to: Lang): Promise<void> {
    wanted = to;
    if (to === lang || !languages.includes(to)) return;
    try {
      const words = await loadTexts(to);
      // The customer may have changed their mind meanwhile.
      if (to !== wanted) return;
      [t, lang] = [words, to];
    } catch {
      return panel.hint("failed");
    }
    chat.speak(to);
    build();
    if (dialog.open) panel.opened(false);
  }

  build();
  root.append(launcher, dialog);
  phone.onchange = () => dialog.open && show();
  for (const change of ["resize", "scroll"]) visualViewport!.addEventListener(change, fit);
  document.addEventListener("visibilitychange", look);
  chat.begin(audience, lang);

  return { open, close, identify: chat.identify, setLanguage };
}
