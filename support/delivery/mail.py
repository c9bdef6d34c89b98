"""Answers by e-mail, for customers who have left the page."""

from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from sqlalchemy import Connection, select

from support import words
from support.delivery.outbox import DeliveryRefused, Parcel
from support.playbook.playbook import Playbook
from support.store import Database
from support.store.schema import agents, conversations, messages

TIMEOUT_S = 20.0


class MailAway(Exception):
    """The mail server takes nothing now; shown as 503."""


class MailSender:
    """Sends over SMTP: `smtp://`, `smtps://` (TLS from the start) or `smtp+starttls://`."""

    def __init__(
        self, smtp_url: str, mail_from: str, page_url: str, db: Database, playbook: Playbook
    ) -> None:
        parts = urlsplit(smtp_url)
        self._server = {
            "hostname": parts.hostname or "localhost",
            "port": parts.port or (465 if parts.scheme == "smtps" else 25),
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            "start_tls": True if parts.scheme == "smtp+starttls" else None,
        }
        self._from = mail_from
        self._page_url = page_url
        self._db = db
        self._playbook = playbook

    async def send(self, parcel: Parcel) -> None:
        """Raises DeliveryRefused for addresses that the server will never take."""
        mail = await self._db.reading(lambda connection: self._mail(connection, parcel))
        if mail is not None:
            await self._post(mail)

    async def write(self, address: str, subject: str, text: str) -> None:
        """A letter that is no message of a conversation, at once.

        Raises DeliveryRefused, and MailAway when the mail server takes nothing now.
        """
        mail = EmailMessage()
        mail["From"] = self._from
        mail["To"] = address
        mail["Subject"] = subject
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
        try:
            await self._post(mail)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailAway(type(error).__name__) from error

    async def _post(self, mail: EmailMessage) -> None:
        try:
            await aiosmtplib.send(mail, timeout=TIMEOUT_S, **self._server)  # type: ignore[arg-type]
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(500 <= refused.code < 600 for refused in error.recipients):
                raise DeliveryRefused("the address is refused") from error
            raise

    def _mail(self, connection: Connection, parcel: Parcel) -> EmailMessage | None:
        row = connection.execute(
            select(
                messages.c.text,
                messages.c.data,
                agents.c.name,
                conversations.c.lang,
                conversations.c.id,
            )
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .outerjoin(agents, agents.c.id == messages.c.agent_id)
            .where(messages.c.id == parcel.message_id)
        ).first()
        if row is None:
            return None
        said, shop = self._playbook.messages, self._playbook.shop.name.in_lang(row.lang)
        mail = EmailMessage()
        mail["From"] = self._from
        mail["To"] = parcel.address
        mail["Subject"] = said.mail_subject.in_lang(row.lang).format(shop=shop)
        # Replies and repeated answers stay one thread in the customer's mailbox.
        domain = self._from.rpartition("@")[2].rstrip(">")
        mail["Message-ID"] = make_msgid(str(parcel.id), domain=domain or "localhost")
        mail["References"] = f"<{row.id}@{domain or 'localhost'}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(
            said.mail_body.in_lang(row.lang).format(
                agent=row.name or shop, text=self._said(row), url=self._page_url, shop=shop
            )
        )
        return mail

    def _said(self, row: Any) -> str:
        """What was written; of files, which stay where only their customer can open them, what
        they are and how to see them."""
        files = row.data.get("attachments") or ()
        if not files:
            return str(row.text)
        told = self._playbook.messages.mail_file.in_lang(row.lang)
        return "\n\n".join(
            told.format(
                name=file["name"],
                what=words.file_kind(file["type"], row.lang),
                size=words.file_size(file["size"]),
                url=self._page_url,
            )
            for file in files
        )
