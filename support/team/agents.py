"""Agents: who they are, signing in, and who is on duty."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from support.errors import Mendable
from support.hints import DESK
from support.identifiers import new_id
from support.store import Transaction
from support.store.schema import agents, desk_logins

ROLES = ("agent", "lead", "admin")
STATUSES = ("available", "busy", "away")
LOGIN_LIFETIME = timedelta(hours=12)
SHORTEST_PASSWORD = 10
# Presence is written at most so often: it is a hint for estimates, not a record.
SEEN_EVERY = timedelta(seconds=15)

_hasher = PasswordHasher()


class AgentRefused(Mendable):
    """The agent can't be made or changed so; the text says why."""


@dataclass(frozen=True)
class Agent:
    id: int
    email: str
    name: str
    role: str
    lang: str
    status: str
    seen_at: datetime | None
    # What is given to them by itself: see support.handover.assignment. No languages named: all.
    skills: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    team: str | None = None
    capacity: int | None = None
    picture: str | None = None
    assigned_at: datetime | None = None
    # Whether a password alone doesn't let them in.
    two_factor: bool = False

    @property
    def is_lead(self) -> bool:
        return self.role in ("lead", "admin")


@dataclass(frozen=True)
class Login:
    """A signed-in agent. `token` goes into the cookie and is stored as a hash only; `administers`:
    whether they may do what administrators do."""

    agent: Agent
    token: str
    csrf: str
    administers: bool


def add(
    tx: Transaction,
    *,
    email: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    lang: str = "en",
) -> Agent:
    """Make an agent, or renew the one with this e-mail: name, role and password.

    A renewed agent's sign-ins end. Raises AgentRefused.
    """
    address = email.strip().lower()
    if role not in ROLES:
        raise AgentRefused(f"role: {role!r} is none of {', '.join(ROLES)}")
    if "@" not in address or len(address) > 254:
        raise AgentRefused(f"email: {email!r} is not an e-mail address")
    if not name.strip():
        raise AgentRefused("name: is empty")
    values = {
        "name": name.strip(),
        "role": role,
        "lang": lang,
        "password_hash": _hashed(password),
        "disabled_at": None,
    }
    known = tx.execute(select(agents.c.id).where(agents.c.email == address)).scalar_one_or_none()
    if known is None:
        made = insert(agents).values(email=address, created_at=now, **values)
        agent_id = tx.execute(made.returning(agents.c.id)).scalar_one()
    else:
        agent_id = known
        tx.execute(update(agents).where(agents.c.id == agent_id).values(**values))
        end_logins(tx, agent_id)
    return get(tx.connection, agent_id)


def end_logins(tx: Transaction, agent_id: int) -> None:
    """Sign an agent out everywhere; their open pages end, too."""
    tx.execute(delete(desk_logins).where(desk_logins.c.agent_id == agent_id))
    tx.hint(DESK, "agents")


def disable(tx: Transaction, agent_id: int, now: datetime) -> None:
    """Take an agent's access away. What they hold is `support.handover.vanished`'s."""
    tx.execute(update(agents).where(agents.c.id == agent_id).values(disabled_at=now))
    end_logins(tx, agent_id)


def lock(tx: Transaction, agent_id: int) -> None:
    """Hold an agent's row, so that what they hold is counted by one transaction at a time.

    Taken after the thread's lock, never before it.
    """
    tx.execute(select(agents.c.id).where(agents.c.id == agent_id).with_for_update(key_share=True))


def note_assigned(tx: Transaction, agent_id: int, now: datetime) -> None:
    """One was given to them: it is the others' turn."""
    tx.execute(update(agents).where(agents.c.id == agent_id).values(assigned_at=now))


def by_email(connection: Connection, email: str) -> Agent | None:
    row = connection.execute(select(agents).where(agents.c.email == email.strip().lower())).first()
    return _agent(row) if row else None


def set_password(tx: Transaction, agent_id: int, password: str) -> None:
    """Raises AgentRefused."""
    hashed = _hashed(password)
    tx.execute(update(agents).where(agents.c.id == agent_id).values(password_hash=hashed))


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise AgentRefused(f"password: needs at least {SHORTEST_PASSWORD} characters")
    return _hasher.hash(password)


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(agents)).scalar_one()


def get(connection: Connection, agent_id: int) -> Agent:
    return _agent(connection.execute(select(agents).where(agents.c.id == agent_id)).one())


def check_password(connection: Connection, email: str, password: str) -> Agent | None:
    """The agent, or None; wrong and absent take the same time."""
    row = connection.execute(
        select(agents).where(
            agents.c.email == email.strip().lower(), agents.c.disabled_at.is_(None)
        )
    ).first()
    try:
        _hasher.verify(row.password_hash if row else _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return None
    return _agent(row) if row else None


def log_in(
    tx: Transaction,
    agent: Agent,
    now: datetime,
    *,
    address: str | None = None,
    device: str | None = None,
) -> Login:
    """`address` and `device`: from where, for the agent's own list of sign-ins."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    tx.execute(
        insert(desk_logins).values(
            token_hash=_hash(token),
            id=new_id(),
            address=address,
            device=device[:200] if device else None,
            agent_id=agent.id,
            csrf=csrf,
            created_at=now,
            expires_at=now + LOGIN_LIFETIME,
        )
    )
    tx.execute(delete(desk_logins).where(desk_logins.c.expires_at < now))
    tx.execute(update(agents).where(agents.c.id == agent.id).values(seen_at=now))
    tx.hint(DESK, "agents")
    return Login(agent, token, csrf, may_administer(tx.connection, agent))


def log_out(tx: Transaction, token: str) -> None:
    tx.execute(delete(desk_logins).where(desk_logins.c.token_hash == _hash(token)))
    tx.hint(DESK, "agents")


def logged_in(connection: Connection, token: str, now: datetime) -> Login | None:
    """Who holds this cookie, if it is still good."""
    row = connection.execute(
        select(agents, desk_logins.c.csrf, desk_logins.c.expires_at)
        .join(desk_logins, desk_logins.c.agent_id == agents.c.id)
        .where(desk_logins.c.token_hash == _hash(token), agents.c.disabled_at.is_(None))
    ).first()
    if row is None or row.expires_at <= now:
        return None
    agent = _agent(row)
    return Login(agent, token, row.csrf, may_administer(connection, agent))


def may_administer(connection: Connection, agent: Agent) -> bool:
    """Administrators may; as long as there is none, leads may, so that one can be made."""
    if agent.role == "admin":
        return True
    return agent.role == "lead" and not administrators(connection)


def administrators(connection: Connection) -> int:
    query = select(func.count()).where(agents.c.role == "admin", agents.c.disabled_at.is_(None))
    return int(connection.execute(query.select_from(agents)).scalar_one())


def csrf_matches(login: Login, given: str | None) -> bool:
    # A header's bytes that are no UTF-8 are lone surrogates here.
    return given is not None and hmac.compare_digest(
        login.csrf.encode(), given.encode(errors="replace")
    )


def seen(tx: Transaction, agent_id: int, now: datetime) -> None:
    tx.execute(update(agents).where(agents.c.id == agent_id).values(seen_at=now))


def set_status(tx: Transaction, agent_id: int, status: str, now: datetime) -> None:
    """Raises AgentRefused."""
    if status not in STATUSES:
        raise AgentRefused(f"status: {status!r} is none of {', '.join(STATUSES)}")
    tx.execute(update(agents).where(agents.c.id == agent_id).values(status=status, seen_at=now))
    tx.hint(DESK, "agents")


def end_break(tx: Transaction, agent_id: int) -> None:
    """Available again, without having been seen."""
    tx.execute(update(agents).where(agents.c.id == agent_id).values(status="available"))
    tx.hint(DESK, "agents")


def on_duty(connection: Connection, now: datetime, away_after: timedelta) -> list[Agent]:
    """Those who are available, signed in and were seen lately."""
    rows = connection.execute(
        select(agents)
        .where(
            agents.c.status == "available",
            agents.c.disabled_at.is_(None),
            agents.c.seen_at > now - away_after,
            select(desk_logins.c.agent_id)
            .where(desk_logins.c.agent_id == agents.c.id, desk_logins.c.expires_at > now)
            .exists(),
        )
        .order_by(agents.c.id)
    )
    return [_agent(row) for row in rows]


def teams(connection: Connection) -> tuple[str, ...]:
    """The teams that somebody is in."""
    return tuple(sorted({one.team for one in everyone(connection) if one.team}))


def everyone(connection: Connection) -> list[Agent]:
    rows = connection.execute(
        select(agents).where(agents.c.disabled_at.is_(None)).order_by(agents.c.name)
    )
    return [_agent(row) for row in rows]


def _agent(row: Row[Any]) -> Agent:
    return Agent(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        lang=row.lang,
        status=row.status,
        seen_at=row.seen_at,
        skills=tuple(row.skills or ()),
        langs=tuple(row.langs or ()),
        team=row.team,
        capacity=row.capacity,
        picture=row.picture,
        assigned_at=row.assigned_at,
        two_factor=row.totp_secret is not None,
    )


def _hash(token: str) -> str:
    # The token has 256 random bits, so a plain hash is enough to make a stolen table useless.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
