"""What is printed when the server starts: where to go, and on an empty database how to sign in."""

import secrets

from omotenashi.parts import Parts
from support.store import Transaction
from support.team import agents


def welcome(parts: Parts) -> None:
    """Print the addresses; make a first lead where there is no agent yet."""
    base = parts.settings.base_url
    lines = [
        "",
        f"  Shop page with the chat   {base}/" if parts.settings.demo else "",
        f"  Help centre               {base}/help/en/  {base}/help/ja/",
        f"  Desk                      {base}/desk/",
        f"  API                       {base}/api/",
    ]
    email, password = "lead@example.com", secrets.token_urlsafe(9)

    def first_lead(tx: Transaction) -> bool:
        # Of several servers that start at once, one makes it.
        tx.alone()
        if agents.count(tx.connection):
            return False
        agents.add(tx, email=email, name="Aya", role="admin", password=password, now=parts.clock())
        return True

    if parts.db.read(agents.count) == 0 and parts.db.write(first_lead):
        lines += [
            "",
            "  First sign-in at the desk (shown once; change it with `omotenashi agent add`):",
            f"    {email}   {password}",
        ]
    print("\n".join(line for line in [*lines, ""] if line is not None), flush=True)
