/** Waits in words: whole minutes, or hours from an hour and a half on. */
import type { Lang } from "./protocol.ts";
import { type Texts, fill } from "./texts.ts";

/** `low` and `high` in seconds; what is told is never shorter than `high`. */
export function span([low, high]: readonly [low: number, high: number], lang: Lang, t: Texts): string {
  const hours = high > 5400;
  const size = hours ? 3600 : 60;
  const to = Math.ceil(high / size) || 1;
  const from = Math.min(Math.floor(low / size), to);
  const number = new Intl.NumberFormat(lang, { style: "unit", unit: hours ? "hour" : "minute", unitDisplay: "long" });
  const told = from && from < to ? number.formatRange(from, to) : number.format(to);
  // Japanese has no space before the unit.
  return fill(from ? t.about : t.upTo, lang === "ja" ? told.replaceAll(" ", "") : told);
}
