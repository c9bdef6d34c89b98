// Several steps by one command: chosen, looked at, done as a whole.

import { get, post } from "./api.js";
import { filled, unfilled } from "./canned.js";
import { ask, choices } from "./dialogs.js";
import { el } from "./dom.js";
import { named, t } from "./words.js";

/** Whether one was run. `values`: the names to fill in; `seen`: the newest message on the screen. */
export async function runMacro(talk, values, seen) {
  const { macros } = await get("macros").catch(() => ({ macros: [] }));
  if (!macros.length) return false;
  const does = (one) =>
    [
      one.labels.length && t("macros.labels", { labels: one.labels.join(", ") }),
      one.resolve && t("macros.resolves", { reason: named("resolve_reason", one.resolve) }),
      one.snooze_hours && t("macros.snoozes", { n: one.snooze_hours }),
    ].filter(Boolean).join(" · ");
  const chosen = await ask({
    title: t("macros.title"), lead: t("macros.lead"),
    fields: [choices("key", macros.map((one) => [one.key, one.title, does(one)]))], submit: t("macros.next"),
  });
  if (!chosen) return false;
  const macro = macros.find((one) => one.key === chosen.key);
  const language = talk.lang === "ja" ? "ja" : "en";
  const body = { client_id: crypto.randomUUID(), key: macro.key, seen_seq: seen };
  let text = filled(macro.text[language], { ...values, language });
  for (;;) {
    const gap = unfilled(text);
    const given = await ask({
      title: macro.title, lead: does(macro), warning: gap ? t("macros.gap", { gap }) : null,
      fields: [
        el("label", { for: "macro-text" }, t("macros.text")),
        el("textarea", { id: "macro-text", name: "text", rows: "5", maxlength: "4000", required: true, lang: language, value: text }),
      ],
      submit: t("macros.run"),
    });
    if (!given) return false;
    text = given.text;
    if (unfilled(text)) continue;
    await post(`conversations/${talk.id}/macro`, { ...body, text });
    return true;
  }
}
