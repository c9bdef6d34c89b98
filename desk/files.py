"""The pages' own files, kept in memory under an address that changes with them."""

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.orders.items import item_names

_HERE: Final = Path(__file__).parent
LANGS: Final = ("en", "ja")


@dataclass(frozen=True)
class StaticFile:
    content: bytes
    content_type: str


def load_texts(lang: str) -> dict[str, Any]:
    """The interface's words in a language, for pages and scripts alike."""
    texts: dict[str, Any] = json.loads((_HERE / "texts" / f"{lang}.json").read_text("utf-8"))
    return {**texts, "item": item_names(lang)}


class Files:
    """Scripts, styles and words. All share one folder name, since scripts import each other."""

    def __init__(self, texts: Mapping[str, Mapping[str, Any]]) -> None:
        self._files: dict[str, StaticFile] = {}
        for path in sorted((_HERE / "static").iterdir()):
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            if kind.startswith("text/"):
                kind += "; charset=utf-8"
            self._files[path.name] = StaticFile(path.read_bytes(), kind)
        for lang, words in texts.items():
            script = f"export default {json.dumps(words, ensure_ascii=False)};\n"
            self._files[f"words.{lang}.js"] = StaticFile(
                script.encode(), "text/javascript; charset=utf-8"
            )
        digest = hashlib.blake2b(digest_size=8)
        for name, file in sorted(self._files.items()):
            digest.update(name.encode() + b"\0" + file.content)
        self.version = digest.hexdigest()

    def get(self, name: str) -> StaticFile | None:
        return self._files.get(name)

    def address(self, name: str) -> str:
        if name not in self._files:
            raise KeyError(name)
        return f"/desk/static/{self.version}/{name}"
