/** Files in the chat: what may be sent, and how those that came are shown. They are fetched with the token. */
import { attribute, button, h } from "./dom.ts";
import type { Attachment } from "./protocol.ts";
import { type Texts, fill } from "./texts.ts";

export const accepted = "image/png,image/jpeg,image/webp,image/gif,application/pdf";
const largest = 10 * 1024 * 1024;
/** Twice what is shown, for screens with fine pixels. */
const thumbnail = 480;

/** Why a file can't be sent, told before it is; the server looks at what is in it. */
export function refusal({ name, size, type }: File, t: Texts): string {
  if (!accepted.split(",").includes(type)) return fill(t.wrongType, name);
  return size > largest ? fill(t.tooLarge, name) : "";
}

export function weight(bytes: number, lang: string): string {
  const [unit, size] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
  const number = new Intl.NumberFormat(lang, { style: "unit", unit, maximumSignificantDigits: 2 });
  return number.format(Math.max(bytes / size, 0.1));
}

export function save(blob: Blob, download: string): void {
  const href = URL.createObjectURL(blob);
  h("a", { href, download }).click();
  setTimeout(URL.revokeObjectURL, 60_000, href);
}

/** Draws the picture once it comes into sight: on a canvas, which no policy of the page has to allow. */
function picture(file: Attachment, fetched: () => Promise<Blob>): HTMLElement {
  const canvas = h("canvas", { role: "img", "aria-label": file.name, width: 0, height: 0 });
  const link = h("a", { class: "picture", target: "_blank", "aria-busy": "true" }, canvas);
  new IntersectionObserver(async ([seen], observer) => {
    if (!seen!.isIntersecting) return;
    observer.disconnect();
    try {
      const blob = await fetched();
      const bitmap = await createImageBitmap(blob);
      const scale = Math.min(1, thumbnail / Math.max(bitmap.width, bitmap.height));
      canvas.width = bitmap.width * scale;
      canvas.height = bitmap.height * scale;
      canvas.getContext("2d")!.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      // As large as it is, in a tab of its own.
      link.href = URL.createObjectURL(blob);
    } catch {
      // Gone, or not to be drawn: its name is still there.
      link.replaceChildren(h("bdi", null, file.name));
    }
    attribute(link, "aria-busy", null);
  }).observe(link);
  return link;
}

/** A picture as such, anything else as a button that downloads it. */
export function attached(
  file: Attachment,
  lang: string,
  content: (id: string) => Promise<Blob>,
  download: (file: Attachment) => unknown,
): HTMLElement {
  if (file.type.startsWith("image/")) return picture(file, () => content(file.id));
  const label = h("span", null, h("bdi", null, file.name), h("span", "small", weight(file.size, lang)));
  return button("outside file", label, () => download(file));
}
