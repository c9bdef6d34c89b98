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

export type Request = (path: string, body?: unknown, method?: string, signal?: AbortSignal) => Promise<Response>;

/**
 * Throws an error that is Refused on any status but 2xx, and what fetch throws when nobody answers.
 * A given signal takes the place of the time limit.
 */
export const requester =
  (base: string): Request =>
  async (path, body, method = body ? "POST" : "GET", signal = AbortSignal.timeout(patience)) => {
    const token = kept.get("token");
    const headers: HeadersInit = {};
    if (token) headers["Authorization"] = `Bearer ${token}`;
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
    const { status } = response;
    const pause = Math.min(Number(response.headers.get("Retry-After")) || 0, 300) * 1000;
    throw Object.assign(Error(`HTTP ${status}`), { status, pause });
  };
