// Answers on their way: kept until the server has them, sent one after the other, never twice.
// The client id makes a repeated attempt the same message.

import { post } from "./api.js";
import { keep, kept } from "./kept.js";

const LONGEST_PAUSE_MS = 15000;

export class Outbox {
  /** `changed(conversation)` when something about its unsent answers is new. */
  constructor(changed) {
    this.changed = changed;
    this.waiting = kept("outbox", []);
    this.busy = new Set();
    for (const one of this.waiting) if (!one.failed) this.run(one.conversation);
  }

  of(conversation) {
    return this.waiting.filter((one) => one.conversation === conversation);
  }

  send(conversation, mode, text) {
    this.waiting.push({ conversation, mode, text, client_id: crypto.randomUUID(), at: new Date().toISOString() });
    this.save(conversation);
    this.run(conversation);
  }

  resend(clientId) {
    const one = this.waiting.find((other) => other.client_id === clientId);
    if (!one) return;
    delete one.failed;
    this.save(one.conversation);
    this.run(one.conversation);
  }

  /** Take an answer out; what it was. */
  discard(clientId) {
    const one = this.waiting.find((other) => other.client_id === clientId);
    this.waiting = this.waiting.filter((other) => other !== one);
    if (one) this.save(one.conversation);
    return one;
  }

  /** The message is on the screen as the server has it. */
  arrived(conversation, seq) {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter((one) => one.conversation !== conversation || !(one.seq <= seq));
    if (this.waiting.length !== before) this.save(conversation);
  }

  async run(conversation) {
    if (this.busy.has(conversation)) return;
    this.busy.add(conversation);
    let pause = 1000;
    for (;;) {
      const one = this.of(conversation).find((other) => !other.failed && !other.seq);
      if (!one) break;
      try {
        const { seq } = await post(`conversations/${conversation}/${one.mode}`, { client_id: one.client_id, text: one.text });
        one.seq = seq;
        pause = 1000;
      } catch (problem) {
        if (!problem.passing) one.failed = problem.message || problem.code || "error";
        else {
          one.retrying = true;
          this.changed(conversation);
          await new Promise((resolve) => setTimeout(resolve, Math.max(pause, (problem.retryAfter ?? 0) * 1000)));
          pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
          continue;
        }
      }
      this.save(conversation);
    }
    this.busy.delete(conversation);
  }

  save(conversation) {
    // What the server has needn't be sent after a reload.
    keep("outbox", this.waiting.filter((one) => !one.seq));
    this.changed(conversation);
  }
}
