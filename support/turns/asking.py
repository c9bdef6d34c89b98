"""What a question of the assistant's asks for, so that a channel can offer a form for it."""

from collections.abc import Mapping
from typing import Any

# Either shows that an order is the customer's.
PROOF = ("email", "postcode")


def expected(slots: Mapping[str, Any], *, signed_in: bool) -> tuple[str, ...]:
    """Out of order_number, email and postcode, what the next answer is to hold; empty for
    anything else.

    `slots` are a running form's, `signed_in` customers prove nothing.
    """
    wanted = slots.get("requested_slot")
    if wanted == "proof":
        return PROOF
    if wanted != "order_number":
        return ()
    # After a refusal either of the two may be wrong.
    proved = signed_in or (slots.get("proof") and not slots.get("refused"))
    return ("order_number",) if proved else ("order_number", *PROOF)


def takes_file(slots: Mapping[str, Any]) -> bool:
    """Whether a picture or document alone answers the question, too: "what happened?"."""
    return slots.get("requested_slot") == "what_happened"
