"""Visitors' tokens, and the shop's own word on who a customer is."""

from datetime import datetime, timedelta
from typing import Any

import jwt

from support.customers.visitors import LONGEST_TIER, Identity

LIFETIME = timedelta(days=90)
_ALGORITHM = "HS256"


class TokenRefused(Exception):
    """Missing, forged or expired; shown as 401."""


def make_token(thread_id: str, key: str, now: datetime) -> str:
    claims = {"sub": thread_id, "aud": "visitor", "iat": now, "exp": now + LIFETIME}
    return jwt.encode(claims, key, _ALGORITHM)


def read_token(token: str, key: str, now: datetime) -> str:
    """The thread a token is for. Raises TokenRefused."""
    # By the clock it was made with: the library knows only the machine's.
    claims = _decode(token, key, audience="visitor", verify_exp=False)
    if claims["exp"] <= now.timestamp():
        raise TokenRefused("expired")
    return str(claims["sub"])


def read_identity(token: str, secret: str) -> Identity:
    """A customer as the shop's server signed it: `sub`, `exp`, and `name`, `email`, `tier` if
    known. Raises TokenRefused."""
    claims = _decode(token, secret, audience=None)
    if not str(claims["sub"]).strip() or len(str(claims["sub"])) > 64:
        raise TokenRefused("sub")

    def told(name: str, longest: int = 254) -> str | None:
        value = claims.get(name)
        return value[:longest] if isinstance(value, str) and value else None

    tier = told("tier", LONGEST_TIER)
    return Identity(str(claims["sub"]), told("name"), told("email"), tier)


def _decode(
    token: str, key: str, audience: str | None, *, verify_exp: bool = True
) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=audience,
            # When it was made is no condition: the next server's clock may be a second behind.
            options={
                "require": ["sub", "exp"],
                "verify_aud": audience is not None,
                "verify_exp": verify_exp,
                "verify_iat": False,
            },
        )
    except (jwt.InvalidTokenError, UnicodeError) as error:
        raise TokenRefused(type(error).__name__) from error
