/** Asks for an e-mail address. */
import { attribute, h } from "./dom.ts";
import type { Texts } from "./texts.ts";

export function askEmail(t: Texts, given: (address: string) => void): HTMLFormElement {
  const input = h("input", { type: "email", autocomplete: "email", required: true });
  const problem = h("div", { class: "problem", role: "alert" });
  const onsubmit = (event: Event): void => {
    event.preventDefault();
    const wrong = !input.checkValidity();
    problem.textContent = wrong ? t.invalid : "";
    attribute(input, "aria-invalid", wrong && "true");
    if (wrong) input.focus();
    else given(input.value);
  };
  return h(
    "form",
    { class: "ask", novalidate: true, onsubmit },
    h("label", null, t.email, h("span", "row", input, h("button", "solid", t.save))),
    problem,
  );
}
