/** The inside of a message: its text, and what each kind adds to it. */
import { attached } from "./attachments.ts";
import { attribute, button, h } from "./dom.ts";
import { link, linked, safeUrl } from "./links.ts";
import type { Attachment, Lang, Message } from "./protocol.ts";
import { type Texts, fill } from "./texts.ts";
import type { When } from "./when.ts";

/** Helps screen readers to the right voice and browsers to the right shape of Chinese characters. */
const languageOf = (text: string): string | null =>
  /[\u3040-\u30ff\u4e00-\u9fff]/.test(text) ? "ja" : /[a-z]{2}/i.test(text) ? "en" : null;

/** What the parts of a message are made with. */
export interface Making {
  t: Texts;
  lang: Lang;
  when: When;
  content(id: string, folder?: string): Promise<Blob>;
  download(file: Attachment): unknown;
}

/** Longer texts are folded. Japanese says as much in half as many characters. */
const longest = 900;
const lines = 14;

const long = (text: string): boolean =>
  text.length + (text.match(/[\u3000-\u9fff]/g)?.length ?? 0) > longest || text.split("\n").length > lines;

function textPart(text: string, t: Texts): Node[] {
  const shown = h("div", { class: "text", dir: "auto", lang: languageOf(text) }, ...linked(text));
  if (!long(text)) return [shown];
  const more = button(
    "plain",
    t.showMore,
    () => {
      const open = !shown.classList.toggle("folded");
      attribute(more, "aria-expanded", `${open}`);
      more.textContent = open ? t.showLess : t.showMore;
    },
    { "aria-expanded": "false" },
  );
  shown.classList.add("folded");
  return [shown, more];
}

export function parts({ kind, text, data, attachments }: Message, making: Making): (Node | null)[] {
  const { t, lang, when } = making;
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
  // Its link stands below.
  if (tracking_url) text = text.replace(tracking_url, "").trim();
  // A file's message is its name where nothing was said with it: for channels that can't show it.
  if (text && text !== attachments?.[0]?.name) made.push(...textPart(text, t));
  for (const file of attachments ?? []) made.push(attached(file, lang, making.content, making.download));
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
