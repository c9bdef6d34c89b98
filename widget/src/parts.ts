/** The inside of a message: its text, and what each kind adds to it. */
import { h } from "./dom.ts";
import { link, linked, safeUrl } from "./links.ts";
import type { Message } from "./protocol.ts";
import { type Texts, fill } from "./texts.ts";
import type { When } from "./when.ts";

/** Helps screen readers to the right voice and browsers to the right shape of Chinese characters. */
const languageOf = (text: string): string | null =>
  /[\u3040-\u30ff\u4e00-\u9fff]/.test(text) ? "ja" : /[a-z]{2}/i.test(text) ? "en" : null;

export function parts({ kind, text, data }: Message, t: Texts, when: When): (Node | null)[] {
  /** A link that stands alone; null unless its address is safe. */
  function outside(address: string | null | undefined, label: string): HTMLElement | null {
    const url = address && safeUrl(address);
    if (!url) return null;
    const anchor = link(url, h("bdi", null, label));
    anchor.className = "outside";
    return anchor;
  }

  const { number, label, steps, title, url, tracking_url, carrier } = data ?? {};
  const made: (Node | null)[] = [];
  if (text) made.push(h("div", { class: "text", dir: "auto", lang: languageOf(text) }, ...linked(text)));
  if (kind === "article") made.push(outside(url, title || t.readMore));
  if ((kind === "order" || kind === "case") && number) {
    const lines = steps?.map(({ label, done, at }, i) => {
      const current = done && !steps[i + 1]?.done;
      return h(
        "li",
        { class: done ? (current ? "done current" : "done") : "todo", "aria-current": current && "step" },
        h("bdi", null, label),
        at && h("time", { datetime: at }, when.full(at)),
      );
    });
    made.push(
      h(
        "div",
        "sheet",
        h("strong", null, fill(t[kind], number)),
        lines?.length ? h("ol", { role: "list" }, ...lines) : label && h("div", { dir: "auto" }, label),
        outside(tracking_url, [t.track, carrier].filter(Boolean).join(" · ")),
      ),
    );
  }
  return made;
}
