// The interface's words, and numbers and times as they are said.

import { meta } from "./dom.js";

export const lang = document.documentElement.lang === "ja" ? "ja" : "en";
const words = (await import(`./words.${lang}.js`)).default;

/** `t("head.claim")`, `t("state.assigned", {agent: "Aya"})`. */
export function t(path, values = {}) {
  let found = words;
  for (const part of path.split(".")) found = found?.[part];
  if (typeof found !== "string") return path;
  return found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A word from one of the tables, or the thing itself where there is none. */
export function named(table, key) {
  const found = words[table]?.[key];
  return typeof found === "string" ? found : String(key ?? "");
}

/** A fact's value in words: `orders` name what is called by its number in the shop there. */
export function factValue(name, value, orders = []) {
  if (name !== "item") return named("fact", value);
  const sold = orders.flatMap((order) => order.items).find((item) => item.sku === value);
  return words.item[value] ?? sold?.name ?? String(value);
}

export const table = (name) => words[name];

const zone = meta("zone")?.content || "Asia/Tokyo";
const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: zone });
const dayLong = new Intl.DateTimeFormat(lang, { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: zone });
const dayShort = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: zone });
const dayKey = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone });
const dayOnly = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });
const yen = new Intl.NumberFormat(lang, { style: "currency", currency: "JPY" });

const parts = new Intl.DateTimeFormat("en-CA", {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone,
});

export const timeOf = (iso) => clock.format(new Date(iso));
export const dayOf = (iso) => dayKey.format(new Date(iso));
export const money = (amount) => yen.format(amount);

/** The moment at which the shop's clocks show e.g. "2026-11-29T09:00"; an invalid Date of nonsense. */
export function momentAt(shown) {
  const wanted = Date.parse(`${shown}Z`);
  let at = wanted;
  if (Number.isNaN(wanted)) return new Date(NaN);
  // Twice, since the clocks may be changed in between.
  for (let turn = 0; turn < 2; turn += 1) {
    const p = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    at += wanted - Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute);
  }
  return new Date(at);
}

/** A calendar day such as 2026-01-31, which has no time zone. */
export const calendarDay = (day) => dayOnly.format(new Date(`${day}T00:00:00Z`));

export function dayName(iso) {
  const day = dayOf(iso);
  if (day === dayOf(new Date())) return t("thread.today");
  if (day === dayOf(new Date(Date.now() - 86400000))) return t("thread.yesterday");
  return dayLong.format(new Date(iso));
}

/** The hour today, else the day. */
export function shortTime(iso) {
  return dayOf(iso) === dayOf(new Date()) ? timeOf(iso) : dayShort.format(new Date(iso));
}

export function dayAndTime(iso) {
  return dayOf(iso) === dayOf(new Date()) ? timeOf(iso) : `${dayShort.format(new Date(iso))} ${timeOf(iso)}`;
}

export function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return t("time.seconds", { n: Math.max(0, Math.floor(seconds)) });
  if (minutes < 60) return t("time.minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? t("time.hours", { h: hours, m: minutes % 60 }) : t("time.days", { d: Math.floor(hours / 24), h: hours % 24 });
}
