"""Settings: environment variables that begin with OMOTENASHI_, or a .env file."""

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from support.errors import Mendable

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32
DEFAULT_BRAIN_URL = "http://127.0.0.1:5055"


def database_address(value: str) -> str:
    """As SQLAlchemy wants it. Raises ValueError where it is of no database the product runs on."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    if not value.startswith(("sqlite:", "postgresql+psycopg://", "postgresql://")):
        raise ValueError("is neither sqlite:///… nor postgresql+psycopg://…")
    if value.startswith("postgresql://"):
        value = value.replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        make_url(value)
    except (ArgumentError, ValueError):
        # Not quoted: there may be a password in it.
        raise ValueError("is no address of a database") from None
    return value


class Settings(BaseSettings):
    """Unset means the embedded default: one machine, SQLite, everything local."""

    model_config = SettingsConfigDict(
        env_prefix="OMOTENASHI_", env_file=ROOT / ".env", extra="ignore", env_ignore_empty=True
    )

    database_url: str | None = None
    redis_url: str | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    brain_url: Annotated[list[str], NoDecode] = []
    actions_url: str | None = None
    secret_key: SecretStr | None = None
    telegram_token: SecretStr | None = None
    telegram_api: str = "https://api.telegram.org"
    telegram_secret: SecretStr | None = None
    telegram_mode: Literal["polling", "webhook"] | None = None
    webhook_url: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    webhook_private: Literal["on", "off"] = "off"
    public_url: str | None = None
    allowed_origins: Annotated[list[str], NoDecode] = []
    trusted_proxies: Annotated[list[str], NoDecode] = []
    limits: Literal["on", "off"] = "on"
    metrics_token: SecretStr | None = None
    identity_secret: SecretStr | None = None
    orders_token: SecretStr | None = None
    orders_database_url: SecretStr | None = None
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    data_dir: Path = ROOT / "var"
    demo: bool = True

    @field_validator("brain_url", "allowed_origins", "trusted_proxies", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip().rstrip("/") for part in value.split(",") if part.strip()]
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        return database_address(value) if value else value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().strip()) < SHORTEST_SECRET:
            raise ValueError(f"needs {SHORTEST_SECRET} random characters or more")
        return value

    @field_validator("telegram_secret")
    @classmethod
    def _takeable_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(
            r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()
        ):
            raise ValueError("must be 1 to 256 letters, digits, _ or -, as Telegram wants it")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                parts = urlsplit(value.get_secret_value())
                usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
            except ValueError:
                usable = False
            if not usable:
                raise ValueError("is no address such as https://service.example/omotenashi")
        return value

    @model_validator(mode="after")
    def _webhook_is_signed(self) -> "Settings":
        secret = self.webhook_secret.get_secret_value() if self.webhook_secret else ""
        if self.webhook_url is not None and len(secret) < 16:
            raise ValueError("WEBHOOK_URL needs a WEBHOOK_SECRET of 16 characters or more")
        return self

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> "Settings":
        if self.smtp_url is not None and not self.mail_from:
            raise ValueError("SMTP_URL needs MAIL_FROM as well")
        return self

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'omotenashi.sqlite3'}"

    @property
    def brains(self) -> list[str]:
        return self.brain_url or [DEFAULT_BRAIN_URL]

    @property
    def base_url(self) -> str:
        """Where customers find us."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared
        return f"http://{host}:{self.port}"

    def key(self, purpose: str) -> str:
        """A secret of its own for each purpose, derived from the one that is kept."""
        return hmac.new(self._master.encode(), purpose.encode(), hashlib.sha256).hexdigest()

    @property
    def _master(self) -> str:
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        return kept_secret(self.data_dir)


@lru_cache(maxsize=8)
def kept_secret(data_dir: Path) -> str:
    """The secret in the data folder, made once and readable by its owner only.

    Raises Mendable for one from which nothing may be derived.
    """
    path = data_dir / "secret_key"
    data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_secret(path)
    kept = path.read_text(encoding="ascii", errors="replace").strip()
    if len(kept) < SHORTEST_SECRET:
        raise Mendable(
            f"{path} is empty or cut off: put it back from a copy, or remove it and a new one is "
            "made, which ends the visitors' conversations"
        )
    return kept


def _make_secret(path: Path) -> None:
    """Whole or not at all, whatever breaks off in between and whoever else is making one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret_key-") as file:
        # Readable by its owner only, as every file that tempfile makes.
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)


def load_settings() -> Settings:
    """Raises pydantic.ValidationError naming the setting that is wrong."""
    return Settings()
