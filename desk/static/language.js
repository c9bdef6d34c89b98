// Which language a text is in, as far as that can be told from its letters.

const JAPANESE = /[\u3040-\u30ff\u3400-\u9fff]/;
const WORDS = /[A-Za-z]{2,}/g;
// A name, an order number or "OK" says nothing.
const LEAST_WORDS = 3;

/** "ja", "en", or null where it can't be told. Addresses don't count. */
export function languageOf(text) {
  const plain = text.replace(/https?:\/\/\S+/g, " ");
  if (JAPANESE.test(plain)) return "ja";
  return (plain.match(WORDS) ?? []).length >= LEAST_WORDS ? "en" : null;
}

/** Whether a customer who writes `lang` would be answered in another language. */
export function isOtherLanguage(text, lang) {
  const written = languageOf(text);
  return Boolean(written && lang && written !== lang);
}
