// What narrows the list: a form that is asked for, and views kept under a name.

import { get, post } from "./api.js";
import { choices, ask } from "./dialogs.js";
import { byId, el, icon, speak } from "./dom.js";
import { keep, kept } from "./kept.js";
import { named, t, table } from "./words.js";

// The fields of the form; tables of words where there are few values.
const FIELDS = {
  channel: "channel", lang: "lang", reason: "reason", mood: "mood", tier: "tier", topic: "intent", agent: null, waiting: null, label: null,
};
const WAITS = [2, 5, 15, 60];
const NO_TOPICS = ["greet", "goodbye", "thank", "affirm", "deny", "cancel_dialogue", "inform", "bot_challenge", "nlu_fallback"];

export class Filters {
  /** `changed()`: the list asks anew. `choose(query, name)`: a kept view was chosen. */
  constructor({ lead, changed, choose, current }) {
    this.lead = lead;
    this.changed = changed;
    this.choose = choose;
    this.current = current;
    this.values = kept("filters", {});
    this.button = byId("filter");
    this.box = byId("filters");
    this.shelf = byId("saved-views");
    this.views = [];
    this.button.addEventListener("click", () => this.toggle());
    this.box.addEventListener("change", () => this.read());
    this.box.addEventListener("submit", (event) => {
      event.preventDefault();
      this.read();
      this.toggle(false);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggle(false);
    });
    this.showNumber();
    this.loadViews();
  }

  /** As parameters of the request. */
  get query() {
    return this.values;
  }

  get active() {
    return Object.keys(this.values).length;
  }

  async toggle(open = this.box.hidden) {
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) {
      this.box.hidden = true;
      this.button.focus();
      return;
    }
    if (!this.box.childNodes.length) await this.build();
    this.fill();
    this.box.hidden = false;
    this.box.querySelector("select").focus();
  }

  async build() {
    const { agents, tiers } = await get("agents").catch(() => ({ agents: [], tiers: [] }));
    const options = {
      tier: tiers.map((tier) => [tier, named("tier", tier)]),
      agent: [["me", t("filter.me")], ...agents.map((one) => [String(one.id), one.name])],
      waiting: WAITS.map((minutes) => [String(minutes), t("filter.minutes", { n: minutes })]),
    };
    const field = (name) => {
      const words = FIELDS[name] && table(FIELDS[name]);
      const known = options[name] ?? Object.entries(words ?? {}).filter(([value]) => name !== "topic" || !NO_TOPICS.includes(value));
      const control =
        name === "label"
          ? el("input", { name, maxlength: "40", autocomplete: "off" })
          : el("select", { name }, el("option", { value: "" }, t("filter.any")), known.map(([value, word]) => el("option", { value }, word)));
      return el("label", {}, el("span", {}, t(`filter.${name}`)), control);
    };
    this.box.replaceChildren(
      ...Object.keys(FIELDS).map(field),
      el(
        "div",
        { class: "list-filters-end" },
        el("button", { type: "button", onclick: () => this.set({}) }, t("filter.clear")),
        el("button", { type: "button", onclick: () => this.save() }, t("filter.save")),
        el("button", { type: "submit", class: "main" }, t("filter.done")),
      ),
    );
  }

  fill() {
    for (const control of this.box.querySelectorAll("[name]")) control.value = this.values[control.name] ?? "";
  }

  read() {
    const given = Object.fromEntries([...new FormData(this.box)].filter(([, value]) => String(value).trim()));
    this.set(given);
  }

  set(values) {
    if (JSON.stringify(values) === JSON.stringify(this.values)) return;
    this.values = values;
    keep("filters", this.active ? values : null);
    if (!this.box.hidden) this.fill();
    this.showNumber();
    this.changed();
  }

  showNumber() {
    const number = this.active;
    this.button.classList.toggle("active", number > 0);
    this.button.querySelector(".count").textContent = number || "";
    this.button.setAttribute("aria-label", number ? t("filter.open_active", { n: number }) : t("filter.open"));
  }

  async save() {
    const query = new URLSearchParams({ ...this.current(), ...this.values }).toString();
    const fields = [
      el("label", { for: "view-name" }, t("filter.name")),
      el("input", { id: "view-name", name: "name", maxlength: "60", required: true, autocomplete: "off" }),
    ];
    if (this.lead) fields.push(choices("shared", [["", t("filter.for_me")], ["1", t("filter.for_all")]]));
    const given = await ask({ title: t("filter.save"), lead: t("filter.save_lead"), fields, submit: t("filter.save_submit") });
    if (!given?.name.trim()) return;
    await post("views", { name: given.name.trim(), query, shared: Boolean(given.shared) });
    await this.loadViews();
    speak(t("filter.saved", { name: given.name.trim() }));
  }

  async loadViews() {
    const found = await get("views").catch(() => null);
    if (found) this.views = found.views;
    this.showViews();
  }

  /** The kept views, each with a way to remove one's own. */
  showViews(chosen = this.chosen) {
    this.chosen = chosen;
    this.shelf.hidden = !this.views.length;
    this.shelf.replaceChildren(
      ...this.views.map((view) =>
        el(
          "span",
          { class: "saved-view" },
          el(
            "button",
            { type: "button", "aria-pressed": String(view.id === chosen), title: view.mine ? null : t("filter.by", { name: view.by }), onclick: () => this.choose(view) },
            el("span", {}, view.name),
          ),
          view.mine &&
            el("button", { type: "button", class: "quiet square", "aria-label": t("filter.forget", { name: view.name }), title: t("filter.forget", { name: view.name }), onclick: () => this.forget(view) }, icon("close")),
        ),
      ),
    );
  }

  async forget(view) {
    await post(`views/${view.id}/forget`).catch(() => null);
    await this.loadViews();
    byId("views").querySelector('[aria-pressed="true"]')?.focus();
  }
}
