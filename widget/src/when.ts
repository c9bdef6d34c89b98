/** Times and days in the reader's language and time zone. */
import type { Lang } from "./protocol.ts";
import type { Texts } from "./texts.ts";

export interface When {
  time(iso: string): string;
  /** Today, yesterday or the date. */
  day(iso: string): string;
  /** Day and time; a date without a time is that day everywhere. */
  full(iso: string): string;
  /** A moment told in the shop's zone: the reader's is named where it is another, for the shop's
   * messages tell such times in its own. */
  there(iso: string): string;
}

export function createWhen(lang: Lang, t: Texts): When {
  // The browser's own variant of the language (en-GB, say) decides between 24 and 12 hours.
  const locale = navigator.languages.find((l) => l.startsWith(lang)) ?? lang;
  const clock: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit" };
  const date: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", weekday: "short" };
  const show = (iso: string, options: Intl.DateTimeFormatOptions): string => {
    const moment = new Date(iso);
    return +moment ? new Intl.DateTimeFormat(locale, options).format(moment) : "";
  };
  const elsewhere = (iso: string): boolean => +new Date(iso.slice(0, 19)) !== +new Date(iso);
  return {
    time: (iso) => show(iso, clock),
    day(iso) {
      const day = new Date(iso).toDateString();
      const now = new Date();
      if (day === now.toDateString()) return t.today;
      now.setDate(now.getDate() - 1);
      return day === now.toDateString() ? t.yesterday : show(iso, date);
    },
    full: (iso) => (iso.includes("T") ? show(iso, { ...date, ...clock }) : show(`${iso}T00:00`, date)),
    there: (iso) => show(iso, { ...date, ...clock, timeZoneName: elsewhere(iso) ? "short" : undefined }),
  };
}
