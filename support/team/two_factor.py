"""A second factor for agents: one-time codes of an app (TOTP, RFC 6238), with codes for the day
the phone is gone.

The secret is stored as it is: the server must know it, and whoever reads the table can sign in
only with the password as well.
"""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import select, update

from support.errors import Mendable
from support.store import Transaction
from support.store.schema import agents

STEP_S = 30
# Clocks differ: the code before and the one after count too.
WINDOW = 1
RECOVERY_CODES = 8


class NotSetUp(Mendable):
    """There is no second factor to confirm or to end; the text says so."""


def begin(tx: Transaction, agent_id: int) -> str:
    """A new secret, base 32. It counts once `confirm` has seen a code of it."""
    secret = pyotp.random_base32()
    tx.execute(update(agents).where(agents.c.id == agent_id).values(totp_pending=secret))
    return secret


def uri(secret: str, email: str, shop: str) -> str:
    """What an authenticator app reads from the picture: an otpauth address."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=email, issuer_name=shop)


def pending(tx: Transaction, agent_id: int) -> str | None:
    query = select(agents.c.totp_pending).where(agents.c.id == agent_id)
    return tx.execute(query).scalar_one_or_none()


def confirm(tx: Transaction, agent_id: int, code: str, now: datetime) -> list[str] | None:
    """Take the pending secret into use if `code` is one of it: the recovery codes, shown once.

    None for a wrong code. Raises NotSetUp.
    """
    secret = pending(tx, agent_id)
    if secret is None:
        raise NotSetUp("otp: two-factor sign-in has not been begun")
    step = _step_of(secret, code, now)
    if step is None:
        return None
    recovery = [f"{secrets.randbelow(10**8):08}" for _ in range(RECOVERY_CODES)]
    tx.execute(
        update(agents)
        .where(agents.c.id == agent_id)
        .values(
            totp_secret=secret,
            totp_pending=None,
            totp_step=step,
            recovery_codes=[_hash(secret, one) for one in recovery],
        )
    )
    return recovery


def check(tx: Transaction, agent_id: int, code: str, now: datetime) -> bool:
    """Whether `code` opens the door. Each one does so once, a recovery code as well."""
    row = tx.execute(select(agents).where(agents.c.id == agent_id).with_for_update()).one()
    if row.totp_secret is None:
        return True
    step = _step_of(row.totp_secret, code, now)
    if step is not None:
        if row.totp_step is not None and step <= row.totp_step:
            return False
        values: dict[str, Any] = {"totp_step": step}
    else:
        given = _hash(row.totp_secret, code.replace(" ", ""))
        left = [one for one in row.recovery_codes if not hmac.compare_digest(one, given)]
        if len(left) == len(row.recovery_codes):
            return False
        values = {"recovery_codes": left}
    tx.execute(update(agents).where(agents.c.id == agent_id).values(**values))
    return True


def end(tx: Transaction, agent_id: int) -> None:
    tx.execute(
        update(agents)
        .where(agents.c.id == agent_id)
        .values(totp_secret=None, totp_pending=None, totp_step=None, recovery_codes=[])
    )


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, of those that count now."""
    totp, given = pyotp.TOTP(secret, interval=STEP_S), code.replace(" ", "").encode()
    present = int(now.timestamp()) // STEP_S
    found = None
    for step in range(present - WINDOW, present + WINDOW + 1):
        # All are compared, so that the time taken tells nothing.
        if hmac.compare_digest(totp.generate_otp(step).encode(), given):
            found = step
    return found


def _hash(secret: str, code: str) -> str:
    # Keyed with the agent's own secret: eight digits alone would soon be found by trying.
    return hmac.new(secret.encode(), code.encode(), hashlib.sha256).hexdigest()
