"""What a customer typed, as Rasa may see it: never a command."""

import re
import unicodedata

# Rasa reads "/intent{...}" as that intent with any entities. Only a plain slash does so today,
# but every slash goes, so that nothing that normalises text later can bring one to the front.
_SLASHES = "/／⁄∕╱⧸⟋"
# Blanks, control characters, and what is invisible or looks like a blank.
_INVISIBLE = (
    r"\s\x00-\x1f\x7f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
_LEADING = re.compile(f"^[{_SLASHES}{_INVISIBLE}]+")


def without_commands(text: str) -> str:
    """`text` without slashes in front, however many blanks or invisible characters hide them."""
    match = _LEADING.match(text)
    if match is None or not any(slash in match[0] for slash in _SLASHES):
        return text
    return text[match.end() :]


def is_storable(text: str) -> bool:
    """Whether `text` is well-formed Unicode without NUL."""
    return "\x00" not in text and not any(unicodedata.category(c) == "Cs" for c in text)
