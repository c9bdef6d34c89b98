// What an agent does with the open conversation, asked and told.

import { get, post } from "./api.js";
import { ask, choices } from "./dialogs.js";
import { el } from "./dom.js";
import { t, table } from "./words.js";

const REASONS = ["solved", "compensated", "passed_on", "no_answer", "not_needed", "spam"];

export class Actions {
  /** `current()`: the open conversation. `done(id, what)`, `failed(problem, id)`: afterwards. */
  constructor({ me, current, done, failed }) {
    this.me = me;
    this.current = current;
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
      .filter((agent) => agent.id !== this.current()?.agent?.id)
      .sort((one, other) => Number(other.online) - Number(one.online))
      .map((agent) => [String(agent.id), agent.name, agent.online ? status[agent.status] : t("ask.offline")]);
    if (this.current()?.state !== "queued") options.unshift(["queue", t("ask.transfer_queue")]);
    if (!options.length) return;
    const given = await ask({
      title: t("ask.transfer_title"), lead: t("ask.transfer_lead"), fields: [choices("to", options)], submit: t("ask.transfer_submit"),
    });
    if (given) await this.run("transfer", { to: given.to === "queue" ? "queue" : Number(given.to) }, id);
  };

  resolve = async () => {
    const talk = this.current();
    if (!talk || talk.state === "resolved") return;
    const words = table("resolve_reason");
    const given = await ask({
      title: t("ask.resolve_title"), lead: t("ask.resolve_lead"),
      fields: [choices("reason", REASONS.map((reason) => [reason, words[reason]]))], submit: t("ask.resolve_submit"),
    });
    if (given) await this.run("resolve", { reason: given.reason }, talk.id);
  };

  async run(what, body = {}, id = this.current()?.id) {
    if (!id || this.busy) return;
    this.busy = true;
    try {
      await post(`conversations/${id}/${what}`, body);
      this.done(id, what);
    } catch (problem) {
      this.failed(problem, id);
    } finally {
      this.busy = false;
    }
  }
}
