"""Where an agent is signed in, and ending it there."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from support.hints import DESK
from support.store import Transaction
from support.store.schema import desk_logins

# The first that a browser names counts: Edge calls itself Chrome as well, and Chrome Safari.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
             ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def device_name(user_agent: str) -> str:
    """What its owner calls it, "Firefox, Android"; the browser's own words where none is known."""
    names = [
        next((name for sign, name in known if sign in user_agent), None)
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in names if name) or user_agent


class NoSuchSignIn(LookupError):
    """The agent has no such sign-in. Shown as 404."""


@dataclass(frozen=True)
class SignIn:
    """`device`: browser and system. `here`: the one that is asking."""

    id: str
    address: str | None
    device: str | None
    since: datetime
    until: datetime
    here: bool


def listed(connection: Connection, agent_id: int, csrf: str, now: datetime) -> list[SignIn]:
    """The agent's sign-ins, the newest first; `csrf` is that of the one that is asking."""
    rows = connection.execute(
        select(desk_logins)
        .where(desk_logins.c.agent_id == agent_id, desk_logins.c.expires_at > now)
        .order_by(desk_logins.c.created_at.desc())
    )
    return [
        SignIn(
            id=row.id or "",
            address=row.address,
            device=device_name(row.device) if row.device else None,
            since=row.created_at,
            until=row.expires_at,
            here=row.csrf == csrf,
        )
        for row in rows
    ]


def end(tx: Transaction, agent_id: int, sign_in: str) -> None:
    """Raises NoSuchSignIn."""
    ended = tx.execute(
        delete(desk_logins).where(desk_logins.c.agent_id == agent_id, desk_logins.c.id == sign_in)
    )
    if not ended.rowcount:
        raise NoSuchSignIn(f"no sign-in {sign_in}")
    tx.hint(DESK, "agents")
