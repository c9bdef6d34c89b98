"""Names that can't be guessed."""

import secrets


def new_id() -> str:
    """24 hexadecimal digits: 96 random bits."""
    return secrets.token_hex(12)


def new_button_id() -> str:
    """16 characters, short enough for any channel's button payload (Telegram allows 64 bytes)."""
    return secrets.token_urlsafe(12)


def new_case_digits() -> str:
    """Six digits that say nothing about how many cases there are."""
    return f"{secrets.randbelow(900_000) + 100_000}"
