"""The pages, rendered: what a visitor typed goes into them as escaped text only."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import jinja2

from help.contact import ContactDetails
from help.contents import by_topic, related
from help.wording import TEXTS, day, topic_name
from support.knowledge import KnowledgeHolder
from support.knowledge.language import Lang
from support.knowledge.rendering import to_html

_HERE: Final = Path(__file__).parent
RESULTS: Final = 6


@dataclass(frozen=True)
class StaticFile:
    name: str
    content: bytes
    content_type: str


class Pages:
    """Renders each page as a complete HTML text. Safe for threads: it only reads."""

    def __init__(
        self, knowledge: KnowledgeHolder, contact: ContactDetails, widget: str | None
    ) -> None:
        self._knowledge = knowledge
        named = _static_files(_HERE / "static")
        self.files = {file.name: file for file in named.values()}
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._templates.globals.update(
            address=address,
            contact=contact,
            day=day,
            static=lambda name: f"/help/static/{named[name].name}",
            widget=widget,
        )

    def home(self, lang: Lang) -> str:
        return self._render("home.html", lang, topics=by_topic(self._knowledge.articles, lang))

    def article(self, lang: str, id: str, *, votes: bool = False, told: str = "") -> str | None:
        """With `votes` readers are asked whether it helped; `told`: this one's answer, if any."""
        article = self._knowledge.article(id, lang)
        if article is None:
            return None
        translated = self._knowledge.article(article.id, _other(article.lang))

        def link(target: str) -> str | None:
            known = self._knowledge.article(target, lang)
            return address(known.lang, target) if known else None

        return self._render(
            "article.html",
            article.lang,
            article=article,
            votes=votes,
            told=told,
            topic=topic_name(article.topic, article.lang) if article.topic else None,
            body=to_html(article.body, link),
            related=related(article, self._knowledge.articles),
            translated=address(translated.lang, translated.id) if translated else None,
        )

    def results(self, lang: Lang, query: str) -> str:
        """Searches; blocks while the knowledge is still being indexed."""
        found = self._knowledge.search(query, lang=lang, top=RESULTS)
        hits = () if found.verdict == "none" else found.hits
        topics = {hit.id: topic_name(hit.topic, lang) if hit.topic else "" for hit in hits}
        return self._render(
            "results.html", lang, query=query, verdict=found.verdict, hits=hits, topics=topics
        )

    def too_long(self, lang: Lang) -> str:
        return self._render("too_long.html", lang)

    def missing(self, lang: Lang) -> str:
        return self._render("missing.html", lang)

    def _render(self, template: str, lang: Lang, **values: Any) -> str:
        return self._templates.get_template(template).render(
            lang=lang, other=_other(lang), text=TEXTS[lang], **values
        )


def address(lang: Lang, id: str) -> str:
    return f"/help/{lang}/{quote(id, safe='')}"


def _other(lang: Lang) -> Lang:
    return "ja" if lang == "en" else "en"


def _static_files(folder: Path) -> dict[str, StaticFile]:
    """By their plain name; each file's own name changes with its content."""
    found = {}
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        digest = hashlib.blake2b(content, digest_size=6).hexdigest()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        found[path.name] = StaticFile(f"{path.stem}.{digest}{path.suffix}", content, kind)
    return found
