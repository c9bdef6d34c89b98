// Answers on their way: kept until the server has them, sent one after the other, never twice.
// The client id makes a repeated attempt the same message.

import { post, postLast } from "./api.js";
import { keep, kept, keptNames } from "./kept.js";

const LONGEST_PAUSE_MS = 15000;
const FLUSH_MS = 8000;

export class Outbox {
  /** `changed(conversation)` when something about its unsent answers is new. */
  constructor(changed) {
    this.changed = changed;
    // Each under a name of its own, so that two tabs don't take away each other's.
    this.waiting = keptNames("outbox:").map((name) => kept(name)).filter(Boolean);
    this.waiting.sort((a, b) => a.at.localeCompare(b.at));
    this.busy = new Map();
    addEventListener("pagehide", () => this.leave());
    // After the caller has what it needs to hear of changes.
    setTimeout(() => this.waiting.forEach((one) => !one.failed && this.run(one.conversation)));
  }

  of(conversation) {
    return this.waiting.filter((one) => one.conversation === conversation);
  }

  /** `hold`: milliseconds in which it can be taken back. */
  send(conversation, mode, text, hold = 0) {
    const one = { conversation, mode, text, client_id: crypto.randomUUID(), at: new Date().toISOString() };
    if (hold) one.hold_until = Date.now() + hold;
    this.waiting.push(one);
    this.save(conversation);
    this.run(conversation);
  }

  held(one) {
    return !one.failed && !one.seq && (one.hold_until ?? 0) > Date.now();
  }

  /** Take back the newest answer that has not gone out; what it was, or null. */
  undo(conversation) {
    const one = this.of(conversation).findLast((other) => this.held(other));
    return one ? this.discard(one.client_id) : null;
  }

  /** Send what is held back now, and wait for it: something follows that must come after. */
  async flush(conversation) {
    for (const one of this.of(conversation)) delete one.hold_until;
    const given = new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    await Promise.race([given, this.busy.get(conversation) ?? this.run(conversation)]);
  }

  /** Send everything that is held back, before signing out. */
  async flushAll() {
    await Promise.all([...new Set(this.waiting.map((one) => one.conversation))].map((id) => this.flush(id)));
  }

  /** The page goes: what is held back goes out now. It stays kept, and is sent again by the next
   *  page, which the client id makes the same message. */
  leave() {
    for (const one of this.waiting) {
      if (this.held(one)) postLast(`conversations/${one.conversation}/${one.mode}`, { client_id: one.client_id, text: one.text });
    }
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
    keep(`outbox:${clientId}`, null);
    if (one) this.save(one.conversation);
    return one;
  }

  /** The message is on the screen as the server has it. */
  arrived(conversation, seq) {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter((one) => one.conversation !== conversation || !(one.seq <= seq));
    if (this.waiting.length !== before) this.save(conversation);
  }

  /** What may go out now. Answers keep their order; a note needn't wait for a held answer. */
  next(conversation) {
    let waits = false;
    for (const one of this.of(conversation)) {
      if (one.failed || one.seq) continue;
      if (one.mode === "reply" && (waits || this.held(one))) waits = true;
      else return one;
    }
    return null;
  }

  run(conversation) {
    if (!this.busy.has(conversation)) {
      this.busy.set(conversation, this.work(conversation).finally(() => this.rest(conversation)));
    }
    return this.busy.get(conversation);
  }

  /** Nothing may go out now; what is held back goes when its time has come. */
  rest(conversation) {
    this.busy.delete(conversation);
    const until = Math.min(...this.of(conversation).filter((one) => this.held(one)).map((one) => one.hold_until));
    if (Number.isFinite(until)) setTimeout(() => this.run(conversation), until - Date.now() + 10);
    else if (this.next(conversation)) this.run(conversation);
  }

  async work(conversation) {
    let pause = 1000;
    for (;;) {
      const one = this.next(conversation);
      if (!one) break;
      this.changed(conversation);
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
  }

  save(conversation) {
    // What the server has needn't be sent after a reload.
    for (const one of this.of(conversation)) keep(`outbox:${one.client_id}`, one.seq ? null : one);
    this.changed(conversation);
  }
}
