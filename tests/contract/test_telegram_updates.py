"""The updates that the tests send are such as the Bot API's servers send."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from telegram import TelegramObject, Update

import channels.telegram  # noqa: F401  # how the library gives times
from tests.contract.telegram_bot_api import UPDATES

NAMES = sorted(path.stem for path in UPDATES.glob("*.json"))

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


@pytest.mark.parametrize("name", NAMES)
def test_the_library_knows_every_field_and_misses_none(name: str) -> None:
    """It raises where a field is missing that the documentation doesn't call optional."""
    update = Update.de_json(json.loads((UPDATES / f"{name}.json").read_text()), None)
    surplus = set(unknown(update)) - STILL_SENT - NEWER
    assert surplus == ({"hologram"} if name == "unknown_kind" else set())


def test_every_type_of_update_has_one() -> None:
    kinds = {key for name in NAMES for key in json.loads((UPDATES / f"{name}.json").read_text())}
    assert kinds - {"update_id", "hologram"} == set(Update.ALL_TYPES)


def test_where_each_comes_from_is_said_once() -> None:
    """Recorded ones with a link to where they were published."""
    index = (UPDATES / "README.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.*)$", index, re.M)
    assert sorted(name for name, _ in rows) == NAMES
    recorded, by_hand = index.split("## By hand")
    assert all(
        "](https://github.com/" in source for name, source in rows if f"| `{name}` |" in recorded
    )
    for heading, counted in re.findall(r"^## (.+) \((\d+)\)$", index, re.M):
        part = index.split(f"## {heading} ")[1].split("\n## ")[0]
        assert len(re.findall(r"^\| `", part, re.M)) == int(counted)
    assert "unknown_kind" in by_hand
