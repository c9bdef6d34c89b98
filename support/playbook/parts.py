"""What every file of the playbook is made of: texts in both languages, and no unknown keys."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Lang = Literal["en", "ja"]
LANGS: tuple[Lang, ...] = ("en", "ja")
Reason = Literal[
    "asked", "angry", "stuck", "delicate", "complaint", "security", "brain_down", "agent"
]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Part):
    """One text in every language that the shop speaks."""

    en: str
    ja: str

    def in_lang(self, lang: str | None) -> str:
        return self.ja if lang == "ja" else self.en
