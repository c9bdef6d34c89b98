"""What a lead can say of a message or of a conversation."""

from typing import Final

VERDICTS: Final = (
    "good",
    "wrong_intent",
    "wrong_answer",
    "no_answer",
    "tone",
    "late_handover",
    "needless_handover",
    "other",
)
# Those that say that the assistant, not a person, could have done better.
FAILINGS: Final = (
    "wrong_intent",
    "wrong_answer",
    "no_answer",
    "late_handover",
    "needless_handover",
)
