"""What the assistant's questions ask for is told with them, so that a form can be offered."""

from typing import Any

import pytest

from support.turns.asking import expected, takes_file

ALL = ("order_number", "email", "postcode")


def test_only_what_happened_can_be_answered_by_a_picture() -> None:
    assert takes_file({"requested_slot": "what_happened"})
    for slot in ("order_number", "proof", "wish", None):
        assert not takes_file({"requested_slot": slot})
    assert not takes_file({})


@pytest.mark.parametrize(
    ("slots", "signed_in", "wanted"),
    [
        ({"requested_slot": "order_number"}, False, ALL),
        ({"requested_slot": "order_number", "proof": "150-0001"}, False, ("order_number",)),
        ({"requested_slot": "order_number", "proof": "a@b.c", "refused": "1 a@b.c"}, False, ALL),
        ({"requested_slot": "order_number"}, True, ("order_number",)),
        ({"requested_slot": "proof"}, False, ("email", "postcode")),
        ({"requested_slot": "what_happened"}, False, ()),
        ({"requested_slot": None}, False, ()),
        ({}, False, ()),
    ],
)
def test_what_is_expected(slots: dict[str, Any], signed_in: bool, wanted: tuple[str, ...]) -> None:
    assert expected(slots, signed_in=signed_in) == wanted
