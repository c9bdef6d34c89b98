"""The updates that the tests send are such as the Bot API's servers send."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from telegram import TelegramObject, Update

from tests.contract.telegram_bot_api import UPDATES

# What servers still say for programs of earlier years, beside what took its place.
STILL_SENT = {
    "all_members_are_administrators", "can_manage_voice_chats", "forward_date", "forward_from",
    "new_chat_member", "new_chat_participant", "thumb",
}  # fmt: skip
# In `accepted_gift_types`, newer than the library.
NEWER = {"accepted_gift_types", "gifts_from_channels"}


def unknown(value: Any) -> Iterator[str]:
    """Fields that the library has no name for, in whatever part of an update."""
    if isinstance(value, TelegramObject):
        yield from value.api_kwargs
        for kind in type(value).__mro__:
            for name in getattr(kind, "__slots__", ()):
                if not name.startswith("_") and name != "api_kwargs":
                    yield from unknown(getattr(value, name, None))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from unknown(each)


@pytest.mark.parametrize("name", sorted(path.stem for path in UPDATES.glob("*.json")))
def test_the_library_knows_every_field_and_misses_none(name: str) -> None:
    """It raises where a field is missing that the documentation doesn't call optional."""
    update = Update.de_json(json.loads((UPDATES / f"{name}.json").read_text()), None)
    surplus = set(unknown(update)) - STILL_SENT - NEWER
    assert surplus == ({"hologram"} if name == "unknown_kind" else set())
