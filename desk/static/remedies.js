// Putting an order right: asked for beside the order, decided by a lead where it is much.

import { post } from "./api.js";
import { ask } from "./dialogs.js";
import { el, icon } from "./dom.js";
import { money, named, t } from "./words.js";

const KINDS = ["refund", "replacement", "return", "credit"];

/** What was asked for about an order, and what may be asked for now. */
export function remediesOf(order, { me, mine }) {
  const list = order.remedies.map((one) =>
    el(
      "li", { class: "small" },
      icon(one.state === "done" ? "check" : one.state === "refused" || one.state === "declined" ? "close" : "clock"),
      " ", named("remedy", one.kind), one.amount ? ` ${money(one.amount)}` : "", " · ", named("remedy_state", one.state),
      el("span", { class: "soft" }, ` · ${one.agent.name}`),
      one.reason && el("span", { class: "soft clamp", dir: "auto" }, one.reason),
      one.state === "requested" && me.lead && one.agent.id !== me.id &&
        el("span", { class: "decide" },
          el("button", { type: "button", class: "main", "data-approve": one.id }, t("remedies.approve")),
          el("button", { type: "button", "data-decline": one.id }, t("remedies.decline"))),
    ));
  return [
    list.length > 0 && el("ul", { class: "plain remedies" }, list),
    mine && el("p", { class: "remedy-acts" }, KINDS.map((kind) =>
      el("button", { type: "button", class: "small", "data-remedy": kind, "data-order": order.number }, named("remedy", kind)))),
  ];
}

/** Ask for one; true when it was taken down. `tell(text)`: what stands in its way. */
export async function askRemedy(talk, kind, number, tell) {
  const order = talk.orders.find((one) => one.number === number);
  const before = order.remedies.filter((one) => one.kind === "refund" && ["requested", "pending", "done"].includes(one.state));
  const left = order.total - before.reduce((sum, one) => sum + one.amount, 0);
  const amount = kind === "refund" || kind === "credit";
  const body = { client_id: crypto.randomUUID(), kind, order_number: number };
  let warning = null;
  let given = { amount: kind === "refund" ? String(Math.max(0, left)) : "", reason: "" };
  for (;;) {
    given = await ask({
      title: `${named("remedy", kind)}: ${number}`, lead: t(`remedies.${kind}_lead`), warning,
      fields: [
        amount && el("label", { for: "remedy-amount" }, t("remedies.amount")),
        amount && el("input", { id: "remedy-amount", name: "amount", type: "number", min: "1", step: "1", required: true, value: given.amount, inputmode: "numeric" }),
        !amount && order.items.length > 1 && el("fieldset", {}, el("legend", {}, t("remedies.items")), order.items.map((item) =>
          el("label", { class: "check" }, el("input", { type: "checkbox", name: `sku:${item.sku}`, checked: true }), `${item.name} × ${item.quantity}`))),
        el("label", { for: "remedy-reason" }, t("remedies.reason")),
        el("textarea", { id: "remedy-reason", name: "reason", rows: "2", maxlength: "500", value: given.reason }),
      ].filter(Boolean),
      submit: named("remedy", kind),
    });
    if (!given) return false;
    const chosen = Object.keys(given).filter((name) => name.startsWith("sku:")).map((name) => name.slice(4));
    if (amount) body.amount = Number(given.amount);
    else body.items = chosen.length === order.items.length ? [] : chosen;
    body.reason = given.reason.trim() || null;
    try {
      const { state } = await post(`conversations/${talk.id}/remedies`, body);
      tell(t(state === "requested" ? "remedies.requested" : "remedies.asked"));
      return true;
    } catch (problem) {
      const said = t(`remedies.not.${problem.code}`);
      warning = said.startsWith("remedies.") ? t("banner.action_failed", { why: problem.status === 0 ? t("banner.offline") : problem.message }) : said;
    }
  }
}

/** A lead's word on what an agent asked for. */
export async function decide(id, word) {
  await post(`remedies/${id}/${word}`);
}
