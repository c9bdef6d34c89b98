// Orders, articles and cases as cards: in messages, and beside them.

import { fileRow } from "./attachments.js";
import { el, icon } from "./dom.js";
import { calendarDay, dayAndTime, factValue, money, named, shortTime, t } from "./words.js";

/** Only addresses of the web or of this site: never `javascript:`. */
function safe(address) {
  return typeof address === "string" && /^(https?:\/\/|\/(?!\/))/.test(address) ? address : null;
}

function link(address, text) {
  const href = safe(address);
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }, text) : null;
}

/** The card that belongs to a message's kind and data, or null. */
export function messageCard(message) {
  const data = message.data ?? {};
  if (message.kind === "article" && data.title) {
    return el("p", { class: "card small" }, icon("page"), link(data.url, data.title) ?? data.title);
  }
  if (message.kind === "order" && data.number) {
    return el(
      "p", { class: "card small" }, icon("parcel"), el("strong", {}, data.number), " ",
      named("order_state", data.state), data.late ? el("span", { class: "chip over" }, icon("over"), t("fact.late")) : null,
    );
  }
  if (message.kind === "case" && data.number) {
    return el(
      "p", { class: "card small" }, icon("case"), el("strong", {}, data.number), " ",
      named("case_kind", data.kind), data.state ? ` · ${named("case_state", data.state)}` : null,
    );
  }
  return null;
}

/** `extra`: what stands below the order's own figures. */
export function orderCard(order, extra = []) {
  const late = order.days_late > 0;
  const dates = [
    [t("customer.placed"), shortTime(order.placed_at)],
    order.delivered_at
      ? [t("customer.delivered_on"), shortTime(order.delivered_at)]
      : order.expected_on && [t("customer.expected"), calendarDay(order.expected_on)],
  ].filter(Boolean);
  return el(
    "details",
    { class: "card order", open: order.proven || late },
    el(
      "summary",
      {},
      icon("parcel"),
      el("strong", {}, order.number),
      el("span", { class: `chip ${order.state}` }, named("order_state", order.state)),
      late && el("span", { class: "chip over" }, icon("over"), t(order.days_late === 1 ? "customer.late" : "customer.late_many", { n: order.days_late })),
    ),
    el("p", { class: "small" }, order.name, order.proven ? ` · ${t("customer.proven")}` : ""),
    el("ul", { class: "plain small" }, order.items.map((item) => el("li", {}, `${item.name} × ${item.quantity}`, el("span", { class: "push soft" }, money(item.price * item.quantity))))),
    el("p", { class: "small total" }, order.payment ?? "", el("strong", { class: "push" }, money(order.total))),
    el("dl", { class: "pairs small" }, dates.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    (order.carrier || order.tracking_url) &&
      el("p", { class: "small" }, order.carrier ?? "", " ", order.tracking_number ?? "", " ", link(order.tracking_url, t("customer.track"))),
    ...extra,
  );
}

export function caseCard(one, orders) {
  const facts = [one.order_number, one.item && factValue("item", one.item, orders), one.fault && named("fact", one.fault), one.wish && named("fact", one.wish)];
  return el(
    "div",
    { class: "card" },
    el("p", {}, icon("case"), el("strong", {}, one.number), " ", named("case_kind", one.kind), el("span", { class: "chip push" }, named("case_state", one.state))),
    el("p", { class: "small" }, facts.filter(Boolean).join(" · ")),
    one.what && el("p", { class: "small soft clamp", dir: "auto" }, one.what),
    one.attachments?.length > 0 && el("ul", { class: "plain" }, one.attachments.map((file) => el("li", {}, fileRow(file)))),
    el("p", { class: "small soft" }, dayAndTime(one.opened_at)),
    el("p", {}, el("button", { type: "button", "data-case": one.number, "data-state": one.state }, t("casework.work"))),
  );
}
