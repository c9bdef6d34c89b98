// What stays in this browser: drafts, unsent answers, what was seen. Gone when the agent signs out.

import { meta } from "./dom.js";

const own = `desk:${meta("agent")?.content ?? "0"}:`;

export function kept(name, otherwise = null) {
  try {
    const text = localStorage.getItem(own + name);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    if (value === null || value === "") localStorage.removeItem(own + name);
    else localStorage.setItem(own + name, JSON.stringify(value));
  } catch {
    // Full or forbidden: it is a convenience.
  }
}

/** The names under which something is kept that begin with `prefix`. */
export function keptNames(prefix) {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(own + prefix)).map((name) => name.slice(own.length));
  } catch {
    return [];
  }
}

const choices = `desk-choice:${meta("agent")?.content ?? "0"}:`;

/** How the agent likes to work: outlives the sign-in, since it holds nobody's words. */
export const choice = {
  of(name, otherwise = false) {
    try {
      const text = localStorage.getItem(choices + name);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise;
    }
  },
  make(name, value) {
    try {
      localStorage.setItem(choices + name, JSON.stringify(value));
    } catch {
      // As above.
    }
  },
};

/** Drafts and unsent answers hold customers' words: they don't outlive the sign-in. */
export function forgetAll() {
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(own)) localStorage.removeItem(name);
  } catch {
    // Nothing was kept, then.
  }
}

const MOST_SEEN = 500;

/** The newest customer message that was on this screen, by conversation. */
export const seen = {
  of: (id) => kept("seen", {})[id] ?? null,
  note(id, seq) {
    const all = kept("seen", {});
    if ((all[id] ?? 0) >= seq) return;
    delete all[id];
    all[id] = seq;
    const names = Object.keys(all);
    for (const name of names.slice(0, Math.max(0, names.length - MOST_SEEN))) delete all[name];
    keep("seen", all);
  },
};
