// Talking to the server. A Problem says what went wrong: status 0 is "not reached at all".

import { meta } from "./dom.js";

const BASE = "/api/v1/desk/";

export class Problem extends Error {
  constructor(status, code, message, retryAfter = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may well succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function signInAgain() {
  const next = location.pathname.startsWith("/desk/") ? location.pathname : "/desk/";
  location.assign(`/desk/sign-in?next=${encodeURIComponent(next)}#ended`);
}

export async function get(path, { signal } = {}) {
  return answer(await reach(path, { signal }), path);
}

/** `body`: an object, or a form with a file. Null where the answer has no body. */
export const post = (path, body = {}) => change("POST", path, body);

/** Off in the moment the page goes; what became of it nobody hears. */
export function postLast(path, body) {
  const headers = { "X-CSRF-Token": meta("csrf")?.content ?? "", "Content-Type": "application/json" };
  fetch(BASE + path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin", keepalive: true }).catch(() => {});
}

export const remove = (path) => change("DELETE", path, null);

async function change(method, path, body, again = true) {
  const headers = { "X-CSRF-Token": meta("csrf")?.content ?? "" };
  // A form's type, with the mark between its parts, is the browser's to say.
  const form = body instanceof FormData;
  if (body !== null && !form) headers["Content-Type"] = "application/json";
  const response = await reach(path, { method, headers, body: body === null || form ? body : JSON.stringify(body) });
  if (response.status === 403 && again && (await isStale(response))) {
    // Signed in anew in another tab: this page's value is of the sign-in before.
    meta("csrf").content = (await get("me")).csrf;
    return change(method, path, body, false);
  }
  return answer(response, path);
}

async function reach(path, options) {
  try {
    return await fetch(BASE + path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "offline", "offline");
  }
}

async function isStale(response) {
  try {
    return (await response.clone().json()).error.code === "csrf";
  } catch {
    return false;
  }
}

async function answer(response, path) {
  if (response.status === 204) return null;
  let data = null;
  try {
    data = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (response.ok) throw new Problem(0, "cut", "cut");
  }
  if (response.ok) return data;
  if (response.status === 401 && path !== "login") signInAgain();
  const wait = Number(response.headers.get("Retry-After")) || 0;
  throw new Problem(response.status, data?.error?.code ?? "error", data?.error?.message ?? "", wait);
}
