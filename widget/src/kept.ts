/** What the browser keeps between visits; only for this page where storage is blocked. */
const prefix = "omotenashi:";

let box: Record<string, string> = {};
try {
  box = localStorage as unknown as Record<string, string>;
} catch {
  // Memory has to do.
}

export const get = (key: string): string | null => box[prefix + key] ?? null;

/** An empty or null value removes the key. */
export function set(key: string, value: string | null): void {
  try {
    if (value) box[prefix + key] = value;
    else delete box[prefix + key];
  } catch {
    // Full: what is on the screen still works.
  }
}

/** Keys that begin with `start`, without the common prefix. */
export const keys = (start: string): string[] =>
  Object.keys(box)
    .filter((key) => key.startsWith(prefix + start))
    .map((key) => key.slice(prefix.length));

/** Calls back when another tab changes a key. */
export function onChangeElsewhere(changed: (key: string) => void): void {
  addEventListener("storage", ({ key }) => changed((key ?? `${prefix}token`).slice(prefix.length)));
}
