/**
 * What the script fetches: its style sheet and the words of one language. So the script stays small, nobody loads
 * a language they don't read, and a page's policy needs no more than the `connect-src` that the chat needs anyway.
 */
import type { Lang } from "./protocol.ts";
import { origin } from "./script.ts";
import type { Texts } from "./texts.ts";

/** Changes with the files' content (build.mjs); the server lets browsers keep them for good. */
declare const VERSION: string;

async function load(name: string): Promise<Response> {
  const response = await fetch(`${origin}/widget/${VERSION}/${name}`, { credentials: "omit" });
  if (!response.ok) throw Error(`HTTP ${response.status}`);
  return response;
}

export const loadStyle = async (): Promise<string> => (await load("widget.css")).text();

export const loadTexts = async (lang: Lang): Promise<Texts> => (await load(`${lang}.json`)).json();
