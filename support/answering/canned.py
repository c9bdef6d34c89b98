"""Vetted replies with names filled in, as the desk's own script fills them in."""

import re

from support.playbook.playbook import PLACEHOLDERS

_LEFT = re.compile(r"\{(" + "|".join(sorted(PLACEHOLDERS)) + r")\}")


class Unfilled(ValueError):
    """Something is not known that the reply speaks of. Shown as 422 with its `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not known here")
        self.name = name


def filled(text: str, lang: str, *, customer: str | None, agent: str, order: str | None) -> str:
    """`text` without placeholders. A customer without a name is お客様, or just there.

    Raises Unfilled.
    """
    made = text.replace("{agent}", agent)
    if order:
        made = made.replace("{order}", order)
    if customer:
        made = made.replace("{customer}", customer)
    elif lang == "ja":
        made = made.replace("{customer}様", "お客様")
    else:
        made = made.replace("{customer}", "there")
    left = _LEFT.search(made)
    if left is not None:
        raise Unfilled(left.group(1))
    return made
