// Who else looks at the open conversation or writes in it: told to them, and shown here.

import { post } from "./api.js";
import { el, icon } from "./dom.js";
import { t } from "./words.js";

const VIEWING_EVERY_MS = 20000;
const TYPING_EVERY_MS = 3000;

export class Presence {
  constructor(me) {
    this.me = me;
    this.id = null;
    this.box = el("p", { class: "present small", role: "status", hidden: true });
    setInterval(() => this.tell("viewing"), VIEWING_EVERY_MS);
    document.addEventListener("visibilitychange", () => (document.hidden ? this.leave(this.id) : this.tell("viewing")));
  }

  /** The conversation on the screen is now `id`, or none. */
  open(id) {
    if (id === this.id) return;
    this.leave(this.id);
    this.id = id;
    this.show([]);
    this.tell("viewing");
  }

  typing() {
    if (Date.now() - (this.typed ?? 0) < TYPING_EVERY_MS) return;
    this.typed = Date.now();
    this.tell("typing");
  }

  stopped() {
    if (!this.typed) return;
    this.typed = 0;
    this.tell("viewing");
  }

  async tell(doing) {
    const { id } = this;
    if (!id || document.hidden) return;
    if (doing === "viewing" && Date.now() - (this.typed ?? 0) < TYPING_EVERY_MS) return;
    const found = await post(`conversations/${id}/presence`, { doing }).catch(() => null);
    if (found && id === this.id) this.show(found.present);
  }

  leave(id) {
    this.typed = 0;
    if (id) post(`conversations/${id}/presence`, { doing: "left" }).catch(() => {});
  }

  /** `present`: [{id, name, doing, seconds}]. What isn't said again is forgotten in time. */
  show(present) {
    clearTimeout(this.until);
    const others = present.filter((one) => one.id !== this.me.id);
    const typing = others.filter((one) => one.doing === "typing");
    const names = (list) => list.map((one) => one.name).join(t("presence.and"));
    const words = typing.length ? t("presence.typing", { names: names(typing) }) : others.length ? t("presence.viewing", { names: names(others) }) : "";
    this.box.hidden = !words;
    this.box.classList.toggle("collision", typing.length > 0);
    if (this.box.dataset.said !== words) {
      this.box.dataset.said = words;
      this.box.replaceChildren(...(words ? [icon(typing.length ? "over" : "person"), words] : []));
    }
    if (!others.length) return;
    // Then it is asked for again: a colleague who stopped without a word is gone from it.
    this.until = setTimeout(() => this.tell("viewing"), Math.min(...others.map((one) => one.seconds)) * 1000 + 300);
  }
}
