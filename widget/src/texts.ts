/** What the widget says: texts/en.json and texts/ja.json, fetched one at a time. */
import type english from "./texts/en.json";
import type { Lang } from "./protocol.ts";

/** A `{}` in a text is filled in by `fill`. */
export type Texts = Readonly<typeof english>;

/** The names of the texts that stand alone. */
export type Name = { [Key in keyof Texts]: Texts[Key] extends string ? Key : never }[keyof Texts];

export const languages: readonly Lang[] = ["en", "ja"];

export const fill = (text: string, value: unknown): string => text.replace("{}", () => `${value}`);
