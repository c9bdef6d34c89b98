// What an agent does with the open conversation, asked and told.

import { get, post } from "./api.js";
import { ask, choices } from "./dialogs.js";
import { el } from "./dom.js";
import { runMacro } from "./macros.js";
import { askUntil } from "./snooze.js";
import { t, table } from "./words.js";

const BREAK_MINUTES = 10;
const REASONS = ["solved", "compensated", "passed_on", "no_answer", "not_needed", "spam"];

export class Actions {
  /** `current()`: the open conversation; `log()`: its messages; `flush(id)`: sends what is held back
   *  for an undo. `done(id, what)`, `failed(problem, id)`: afterwards. */
  constructor({ me, current, log, flush, done, failed }) {
    this.me = me;
    this.current = current;
    this.log = log;
    this.flush = flush;
    this.done = done;
    this.failed = failed;
  }

  claim = () => this.run("claim");

  takeOver = () => {
    // A colleague's conversation changes hands by a transfer; only leads are offered it.
    if (this.current()?.state === "assigned") return this.run("transfer", { to: this.me.id });
    return this.run("claim");
  };

  reopen = () => this.run("reopen");

  giveBack = async () => {
    const id = this.current()?.id;
    const given = await ask({
      title: t("ask.return_title"),
      lead: t("ask.return_lead"),
      fields: [el("label", { for: "hint" }, t("ask.return_hint")), el("textarea", { id: "hint", name: "hint", rows: "3", maxlength: "2000" })],
      submit: t("ask.return_submit"),
    });
    if (given) await this.run("return", given.hint.trim() ? { hint: given.hint.trim() } : {}, id);
  };

  transfer = async () => {
    const id = this.current()?.id;
    const { agents } = await get("agents").catch(() => ({ agents: [] }));
    const status = table("status");
    const options = agents
      .filter((agent) => agent.id !== this.current()?.agent?.id && agent.id !== this.me.id)
      .sort((one, other) => Number(other.online) - Number(one.online))
      .map((agent) => [String(agent.id), agent.name, agent.online ? status[agent.status] : t("ask.offline")]);
    const teams = [...new Set(agents.map((agent) => agent.team).filter(Boolean))].sort();
    options.unshift(...teams.map((team) => [`team:${team}`, t("ask.transfer_team", { team })]));
    if (this.current()?.state !== "queued") options.unshift(["queue", t("ask.transfer_queue")]);
    if (!options.length) return;
    const given = await ask({
      title: t("ask.transfer_title"), lead: t("ask.transfer_lead"), fields: [
        choices("to", options),
        el("label", { for: "transfer-note" }, t("ask.transfer_note")),
        el("textarea", { id: "transfer-note", name: "note", rows: "2", maxlength: "4000" }),
      ],
      submit: t("ask.transfer_submit"),
    });
    if (!given) return;
    const note = given.note.trim();
    await this.run("transfer", { to: Number(given.to) || given.to, ...(note && { note }) }, id);
  };

  /** Whether it was resolved. */
  resolve = async () => {
    const talk = this.current();
    if (!talk || talk.state === "resolved") return false;
    const words = table("resolve_reason");
    // Ending a conversation for abuse is a lead's to do.
    const reasons = this.me.lead ? [...REASONS, "abuse"] : REASONS;
    const { unanswered, customerTypes, last } = this.log();
    const warning = customerTypes ? t("ask.resolve_typing") : talk.state !== "bot" && unanswered ? t(unanswered === 1 ? "ask.resolve_unanswered_one" : "ask.resolve_unanswered", { n: unanswered }) : null;
    const given = await ask({
      title: t("ask.resolve_title"), lead: t("ask.resolve_lead"), warning,
      fields: [choices("reason", reasons.map((reason) => [reason, words[reason]]))], submit: t("ask.resolve_submit"),
    });
    return given !== null && this.run("resolve", { reason: given.reason, seen_seq: last }, talk.id);
  };

  macro = async (values) => {
    const talk = this.current();
    if (talk?.state !== "assigned" || talk.agent?.id !== this.me.id) return;
    await this.flush(talk.id);
    try {
      if (await runMacro(talk, values, this.log().last)) await this.done(talk.id, "macro");
    } catch (problem) {
      this.failed(problem, talk.id);
    }
  };

  abuse = async () => {
    const talk = this.current();
    if (talk?.state !== "assigned") return;
    const given = await ask({
      title: t("abuse.title"), lead: t(talk.labels.includes("abuse") ? "abuse.lead_again" : "abuse.lead"),
      fields: [
        el("label", { class: "check" }, el("input", { type: "checkbox", name: "hand_on" }), t("abuse.hand_on")),
        el("label", { class: "check" }, el("input", { type: "checkbox", name: "rest" }), t("abuse.rest", { n: BREAK_MINUTES })),
      ],
      submit: t("abuse.submit"),
    });
    if (given) await this.run("abuse", { hand_on: "hand_on" in given, break_minutes: "rest" in given ? BREAK_MINUTES : 0 }, talk.id);
  };

  snooze = async () => {
    const talk = this.current();
    if (talk?.state !== "assigned") return;
    if (talk.snoozed_until) {
      await this.run("snooze", { until: null }, talk.id);
      return;
    }
    const until = await askUntil();
    if (until) await this.run("snooze", { until: until.toISOString() }, talk.id);
  };

  /** Whether it was done. */
  async run(what, body = {}, id = this.current()?.id) {
    if (!id || this.busy) return false;
    this.busy = true;
    try {
      await this.flush(id);
      await post(`conversations/${id}/${what}`, body);
      await this.done(id, what);
      return true;
    } catch (problem) {
      this.failed(problem, id);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
