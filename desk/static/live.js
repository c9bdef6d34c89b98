// The event stream: says that something is new, notices when it has gone silent, comes back.

import { get } from "./api.js";

const KINDS = ["agents", "counts", "tasks", "conversation", "typing", "read", "presence", "given", "alert", "beat", "ended"];
// The server sends a beat every 15 s.
const SILENT_MS = 40000;
const LONGEST_PAUSE_MS = 15000;
// An open stream proves nobody: the page says itself that somebody is still here.
const HERE_EVERY_MS = 15000;
// A short break is none of the agent's business.
const UNNOTICED_MS = 1500;

/** `on`: a function for each kind of event, and `lost`, `found` (called at every new beginning). */
export function listen(on) {
  let source = null;
  let heard = Date.now();
  let pause = 1000;
  let lost = null;
  let told = Date.now();

  function open() {
    source?.close();
    source = new EventSource("/api/v1/desk/events");
    source.addEventListener("open", () => {
      pause = 1000;
      clearTimeout(lost);
      lost = null;
      alive();
      on.found();
    });
    source.addEventListener("error", broke);
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        alive();
        on[kind]?.(JSON.parse(event.data));
      });
    }
  }

  function alive() {
    heard = Date.now();
    if (heard - told < HERE_EVERY_MS - 1000) return;
    told = heard;
    get("me").catch(() => {}); // 401 leads to the sign-in
  }

  function broke() {
    lost ??= setTimeout(() => on.lost(), UNNOTICED_MS);
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    const wait = pause;
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    setTimeout(async () => {
      try {
        await get("me"); // 401 leads to the sign-in
      } catch {
        // Not reachable: the next attempt will tell.
      }
      open();
    }, wait);
  }

  function check() {
    if (Date.now() - heard < SILENT_MS) return;
    // Half-open: nobody told us that the connection is gone.
    heard = Date.now();
    on.lost();
    open();
  }

  setInterval(check, 5000);
  document.addEventListener("visibilitychange", () => !document.hidden && check());
  window.addEventListener("online", open);
  open();
}
