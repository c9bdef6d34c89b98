/** One tap after a resolved chat, and a comment for whoever has one. Asked again only after the customer has written again. */
import { button, h } from "./dom.ts";
import * as kept from "./kept.ts";
import { last, lastWord } from "./store.ts";
import type { Texts } from "./texts.ts";

export interface RatingCard {
  readonly element: HTMLElement;
  update(resolved: boolean, wanted: boolean): void;
}

/** `rate` resolves to true when the server has taken it. */
export function createRating(
  t: Texts,
  rate: (score: number, comment?: string) => Promise<boolean>,
): RatingCard {
  const element = h("section", { class: "card rating", "aria-label": t.rate, hidden: true });

  function show(title: string, ...content: Node[]): void {
    const heading = h("strong", { tabindex: -1, role: "status" }, title);
    element.replaceChildren(heading, ...content);
    const moved = !element.hidden;
    element.hidden = false;
    if (moved) heading.focus();
  }

  function close(): void {
    kept.set("rated", `${last}`);
    element.hidden = true;
  }

  async function scored(score: number): Promise<void> {
    if (!(await rate(score))) return;
    kept.set("rated", `${last}`);
    const field = h("textarea", { rows: 2, maxlength: 2000, dir: "auto" });
    const commented = async (): Promise<void> => {
      const comment = field.value.trim();
      if (!comment || (await rate(score, comment))) close();
    };
    show(
      t.thanks,
      h("label", null, t.comment, field),
      h("div", "actions", button("solid", t.send, commented), button("plain", t.dismiss, close)),
    );
  }

  return {
    element,
    update(resolved, wanted) {
      if (!resolved) element.hidden = true;
      else if (wanted && element.hidden && lastWord() > +kept.get("rated")!) {
        const scores = t.scores.map((label, i) =>
          button("score", h("span", null, h("b", null, `${i + 1}`), label), () => scored(i + 1)),
        );
        const group = h("div", { class: "scores", role: "group", "aria-label": t.rate }, ...scores);
        show(t.rate, group, button("plain", t.dismiss, close));
      }
    },
  };
}
