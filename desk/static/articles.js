// The list of articles: narrowed while one types.

import { setUpBar } from "./bar.js";
import { byId } from "./dom.js";

setUpBar();

byId("find").addEventListener("input", ({ target }) => {
  const wanted = target.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of byId("articles").tBodies[0].rows) {
    const text = row.textContent.normalize("NFKC").toLowerCase();
    row.hidden = !wanted.every((word) => text.includes(word));
  }
});
