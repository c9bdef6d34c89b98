"""Which of the assistant's texts are wordings of one another.

A response of the domain has several wordings, drawn by lot each time: that another one was drawn is
no change of the answer.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

_HOLE = re.compile(r"\{\w+\}")
# With less around its holes a wording would take anything for its own.
_FEWEST_LETTERS = 6


@dataclass(frozen=True)
class Wordings:
    """Of each response, what its wordings look like."""

    patterns: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @classmethod
    def load(cls, domain: Path) -> "Wordings":
        content = yaml.load(domain.read_text(encoding="utf-8"), yaml.CSafeLoader)  # noqa: S506
        return cls(
            tuple(
                # In another language it is another answer.
                (f"{name} {one.get('condition')}", pattern)
                for name, wordings in content["responses"].items()
                for one in wordings
                if (pattern := _pattern(one.get("text") or "")) is not None
            )
        )

    def meant(self, text: str) -> tuple[str, ...]:
        """The response and what was filled in, the same for all its wordings; else the text."""
        for name, pattern in self.patterns:
            if (found := pattern.fullmatch(text)) is not None:
                # In the order of their letters: wordings may fill the same in at other places.
                return (name, *sorted(found.groups()))
        return (text,)


def _pattern(wording: str) -> re.Pattern[str] | None:
    pieces = _HOLE.split(" ".join(wording.split()))
    if sum(map(len, pieces)) < _FEWEST_LETTERS:
        return None
    return re.compile("(.+?)".join(map(re.escape, pieces)), re.DOTALL)
