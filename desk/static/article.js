// One article: written, previewed, tried, saved, and taken back to an earlier version.

import { post } from "./api.js";
import { setUpBar } from "./bar.js";
import { byId, el } from "./dom.js";
import { t } from "./words.js";

setUpBar();
const page = document.querySelector(".article-page");
const form = byId("article");
const said = byId("said");
const result = byId("result");
let saved = JSON.stringify(draft());

function draft() {
  const given = Object.fromEntries(new FormData(form));
  given.questions = given.questions.split("\n").map((line) => line.trim()).filter(Boolean);
  return given;
}

function say(text, wrong = false) {
  said.textContent = text;
  said.classList.toggle("wrong", wrong);
}

async function doing(button, work) {
  button.disabled = true;
  say(t("article.working"));
  try {
    await work();
  } catch (problem) {
    const key = problem.code === "edited" ? "article.edited" : "banner.action_failed";
    say(t(key, { why: problem.message }), true);
  } finally {
    button.disabled = false;
  }
}

function show(...content) {
  result.hidden = false;
  result.className = "sheet-card";
  result.replaceChildren(...content);
  result.focus();
}

byId("preview").addEventListener("click", ({ currentTarget }) => {
  if (!form.reportValidity()) return;
  doing(currentTarget, async () => {
    const made = await post("articles/preview", draft());
    // Cleaned by the server: plain text markup, whoever wrote it.
    const parsed = new DOMParser().parseFromString(made.html, "text/html");
    const prose = el("div", { class: "prose" });
    prose.append(...parsed.body.childNodes);
    show(
      el("h2", {}, made.title),
      el("p", { class: "small soft" }, t("article.in_chat")),
      el("p", { class: "in-chat" }, made.answer),
      el("p", { class: "small soft" }, t("article.in_help")),
      prose,
    );
    say("");
  });
});

byId("try").addEventListener("click", ({ currentTarget }) => {
  if (!form.reportValidity()) return;
  doing(currentTarget, async () => {
    const found = await post("articles/try", draft());
    const answers = found.answers.map((question) => el("li", { dir: "auto" }, question));
    const takes = found.takes.map(({ question, title }) =>
      el("li", {}, el("span", { dir: "auto" }, question), el("span", { class: "soft small" }, ` ${t("article.from", { title })}`)),
    );
    show(
      el("h2", {}, t("article.tried")),
      el("h3", {}, t("article.answers", { n: answers.length, all: found.asked })),
      answers.length ? el("ul", { class: "listed" }, answers) : "",
      el("h3", {}, t("article.takes", { n: takes.length })),
      takes.length ? el("ul", { class: "listed" }, takes) : el("p", { class: "soft" }, t("article.takes_none")),
    );
    say("");
  });
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  doing(event.submitter ?? form.querySelector(".main"), async () => {
    const given = draft();
    const made = await post("articles/save", { ...given, base: Number(page.dataset.base) });
    page.dataset.base = made.version;
    saved = JSON.stringify(given);
    say(t("article.saved"));
    if (!page.dataset.id) location.assign(`/desk/articles/${given.lang}/${given.id}`);
  });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-restore]");
  if (!button) return;
  doing(button, async () => {
    const { id, lang, base } = page.dataset;
    await post("articles/restore", { id, lang, version: Number(button.dataset.restore), base: Number(base) });
    saved = JSON.stringify(draft());
    location.reload();
  });
});

addEventListener("beforeunload", (event) => {
  if (JSON.stringify(draft()) !== saved) event.preventDefault();
});
