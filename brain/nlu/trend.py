"""How the mood of a conversation moves: a rising tone counts, not only an outburst."""

import re
from collections.abc import Sequence

from brain.nlu.folding import fold

# What one message adds, and what is left of all before it. Set so that the third displeased message
# in a row reaches the usual threshold of 0.6, the second if it also insists or repeats itself, and
# a question asked again and again in perfect calm only the sixth time.
DISPLEASED, INSISTING, REPEATED = 0.35, 0.2, 0.25
KEPT, KEPT_BY_CALM = 0.6, 0.5

_INSISTS = re.compile(
    r"\b(?:again and again|yet again|(?:second|third|fourth|fifth|2nd|3rd|[4-9]th) time|twice now|"
    r"how many (?:more )?times|already (?:told|said|asked|explained|wrote)|"
    r"i keep (?:asking|telling|repeating|saying)|for the last time|"
    r"(?:as|like) i (?:just )?said|i (?:just )?told you|"
    r"still (?:no|not|nothing|waiting|haven['’]?t)|asked (?:you )?(?:before|again)|once more)\b"
    r"|何[度回]も|何[度回]目|[二三四五2-9][度回]目|何[度回](?:言|聞|お?問)|(?:さっき|先ほど|前に)も"
    r"|い[まっ]だに|未だに|いつまで|同じ(?:こと|事|質問)を?(?:何|また)|また同じ|またですか",
    re.IGNORECASE,
)
_LEAST = 6
_ALIKE = 0.6


def tension(before: float, anger: float, mood: str, insistent: bool, repeated: bool) -> float:
    """How tense the conversation is after a message, 0 to 1, from how tense it was `before`.

    `anger` is the message's own chance of being angry, which counts in full only if that is its
    `mood`.
    """
    added = (DISPLEASED if mood == "displeased" else 0.0) + (anger if mood == "angry" else 0.0)
    added += INSISTING * insistent + REPEATED * repeated
    if not added:
        return round(before * KEPT_BY_CALM, 4)
    return round(min(1.0, before * KEPT + added), 4)


def insists(text: str) -> bool:
    """Whether the message says that this isn't the first time."""
    return _INSISTS.search(fold(text)) is not None


def repeats(text: str, earlier: Sequence[str]) -> bool:
    """Whether the customer said much the same in one of their `earlier` messages."""
    own = _pieces(text)
    return len(own) >= _LEAST and any(_likeness(own, _pieces(other)) >= _ALIKE for other in earlier)


def _pieces(text: str) -> frozenset[str]:
    plain = re.sub(r"[\W_]+", "", fold(text).lower())
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1))


def _likeness(first: frozenset[str], second: frozenset[str]) -> float:
    """Jaccard: shared pairs of characters among all of both."""
    return len(first & second) / len(first | second) if second else 0.0
