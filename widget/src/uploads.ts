/** Files on their way to the server, above the text field: progress, another try, taking one back. */
import { accepted, refusal } from "./attachments.ts";
import { type Refused, isRefused, pauseAfter, sleeper } from "./api.ts";
import { button, h, icon, say } from "./dom.ts";
import type { Texts } from "./texts.ts";
import { fill } from "./texts.ts";

const automaticTries = 3;

/** Sends one file; the same `id` again is the same message. */
export type Upload = (
  file: File,
  id: string,
  progress: (part: number) => void,
  signal: AbortSignal,
) => Promise<unknown>;

export interface Uploads {
  readonly element: HTMLElement;
  readonly opener: HTMLElement;
  take(files: Iterable<File>): void;
}

const why = (error: Refused, name: string, t: Texts): string =>
  fill(error.status === 413 ? t.tooLarge : error.status === 415 ? t.wrongType : t.unreadable, name);

/** `tell` shows the customer why a file isn't taken. */
export function createUploads(t: Texts, upload: Upload, newId: () => string, tell: (text: string) => void): Uploads {
  const element = h("ul", { class: "uploads", role: "list", "aria-label": t.attach });
  const picker = h("input", {
    type: "file",
    accept: accepted,
    multiple: true,
    hidden: true,
    onchange() {
      take(picker.files!);
      picker.value = "";
    },
  });
  const opener = button("icon", icon("clip"), () => picker.click(), { "aria-label": t.attach });

  function take(files: Iterable<File>): void {
    for (const file of files) {
      const refused = refusal(file, t);
      if (refused) tell(refused);
      else void start(file);
    }
  }

  async function start(file: File): Promise<void> {
    const id = newId();
    const given = new AbortController();
    const { sleep, wake } = sleeper();
    const bar = h("progress", { max: 1, value: 0, "aria-label": file.name });
    const state = h("span", { class: "small", role: "status" }, t.sending);
    const again = button("plain", t.resend, wake, { hidden: true });
    const remove = button("icon", icon("close"), () => (given.abort(), wake()), {
      "aria-label": fill(t.remove, file.name),
    });
    const row = h("li", null, h("bdi", null, file.name), state, bar, again, remove);
    element.append(row);
    const show = (failed: boolean): void => {
      say(state, failed ? t.unsent : t.sending);
      again.hidden = !failed;
    };
    for (let tries = 1; !given.signal.aborted; tries++) {
      try {
        await upload(file, id, (part) => (bar.value = part), given.signal);
        break;
      } catch (error) {
        if (given.signal.aborted) break;
        if (isRefused(error) && error.status < 500 && error.status !== 429) {
          tell(why(error, file.name, t));
          break;
        }
        const failed = tries >= automaticTries;
        show(failed);
        // Until the customer says so; before that by itself.
        await sleep(failed ? 2 ** 31 - 1 : pauseAfter(error, tries - 1));
        if (failed) tries = 0;
        show(false);
      }
    }
    row.remove();
  }

  element.append(picker);
  return { element, opener, take };
}
