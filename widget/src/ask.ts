/** A small form in the chat: an e-mail address, an order number, what shows that an order is one's own. */
import { attribute, h } from "./dom.ts";
import type { Wanted } from "./protocol.ts";
import type { Texts } from "./texts.ts";

type Properties = Parameters<typeof h>[1];

/** `given` gets the values in the order of `wanted`, with a space between. An e-mail address or a postcode is one field. */
export function ask(t: Texts, wanted: readonly Wanted[], submit: string, given: (answer: string) => void): HTMLFormElement {
  const either = wanted.includes("email") && wanted.includes("postcode");
  const fields: [label: string, properties: Properties][] = [];
  if (wanted.includes("order_number"))
    fields.push([t.orderNumber, { autocomplete: "off", autocapitalize: "characters", spellcheck: "false" }]);
  if (either) fields.push([t.emailOrPostcode, { autocomplete: "email", inputmode: "email", spellcheck: "false" }]);
  else if (wanted.includes("email")) fields.push([t.email, { type: "email", autocomplete: "email" }]);
  else if (wanted.includes("postcode")) fields.push([t.postcode, { autocomplete: "postal-code" }]);
  if (wanted.includes("phone")) fields.push([t.phone, { type: "tel", autocomplete: "tel" }]);

  const problem = h("div", { class: "problem", role: "alert" });
  const inputs = fields.map(([, properties]) => h("input", { required: true, ...(properties as object) }));
  const onsubmit = (event: Event): void => {
    event.preventDefault();
    for (const input of inputs) attribute(input, "aria-invalid", !input.checkValidity() && "true");
    const wrong = inputs.find((input) => !input.checkValidity());
    problem.textContent = wrong ? (wrong.value ? t.invalid : t.missing) : "";
    if (wrong) wrong.focus();
    else given(inputs.map(({ value }) => value.trim()).join(" "));
  };
  const rows = fields.map(([label], i) =>
    h(
      "label",
      null,
      label,
      // The button beside the last field.
      h("span", "row", inputs[i], i === fields.length - 1 && h("button", "solid", submit)),
    ),
  );
  return h("form", { class: "ask", novalidate: true, onsubmit }, ...rows, problem);
}
