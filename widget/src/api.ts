/** Requests to the visitor interface. The token goes into the header only, never into an address. */
import * as kept from "./kept.ts";

const patience = 20_000;

/** The server answered, but not with what was asked for. */
export interface Refused {
  status: number;
  /** Milliseconds the server asked us to wait; 0 if it didn't say. */
  pause: number;
}

export function isRefused(error: unknown, status?: number): error is Refused {
  const given = (error as Refused | undefined)?.status;
  return status ? given === status : !!given;
}

/** Milliseconds before the next try: what the server asked for; else up to half a minute, half of it by chance. */
export const pauseAfter = (error: unknown, tries: number): number =>
  (isRefused(error) && error.pause) || Math.min(30_000, 1000 * 2 ** tries) * (0.5 + Math.random() / 2);

/** A sleep that can be cut short. */
export function sleeper(): { sleep(milliseconds: number): Promise<void>; wake(): void } {
  let awake = (): void => undefined;
  return {
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        awake = resolve;
        setTimeout(resolve, milliseconds);
      }),
    wake: () => awake(),
  };
}

/** The server's word against a request, as an error that is Refused. */
function refusal(status: number, retryAfter: string | null): Error {
  const pause = Math.min(Number(retryAfter) || 0, 300) * 1000;
  return Object.assign(Error(`HTTP ${status}`), { status, pause });
}

const authorization = (): Record<string, string> => {
  const token = kept.get("token");
  return token ? { Authorization: `Bearer ${token}` } : {};
};

export type Request = (path: string, body?: unknown, method?: string, signal?: AbortSignal) => Promise<Response>;

/**
 * Throws an error that is Refused on any status but 2xx, and what fetch throws when nobody answers.
 * A given signal takes the place of the time limit.
 */
export const requester =
  (base: string): Request =>
  async (path, body, method = body ? "POST" : "GET", signal = AbortSignal.timeout(patience)) => {
    const headers = authorization();
    if (body) headers["Content-Type"] = "application/json";
    const response = await fetch(base + path, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      cache: "no-store",
      credentials: "omit",
      signal,
    });
    if (response.ok) return response;
    throw refusal(response.status, response.headers.get("Retry-After"));
  };

/** Sends a form and tells how far it is (0 to 1), which fetch can't. Resolves to the answer; throws as a Request does. */
export const sendForm = (url: string, form: FormData, progress: (part: number) => void, signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", url);
    for (const [name, value] of Object.entries(authorization())) sending.setRequestHeader(name, value);
    sending.responseType = "json";
    sending.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
    sending.onload = () =>
      sending.status < 300 ? resolve(sending.response) : reject(refusal(sending.status, sending.getResponseHeader("Retry-After")));
    sending.onerror = sending.onabort = () => reject(Error("no answer"));
    signal.onabort = () => sending.abort();
    sending.send(form);
  });
