"""How a customer can be reached: a telephone number, an e-mail address, or this chat."""

from typing import Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email

CHAT = "chat"
Way = Literal["phone", "email", "chat"]


class ContactRefused(ValueError):
    """Nobody can be reached under this. Shown as 422."""


def checked_contact(given: str, region: str) -> str:
    """`given` as it is kept: a number in E.164 (read as one of `region` without a country code),
    an e-mail address, or "chat". Raises ContactRefused."""
    text = given.strip()
    if text.lower() == CHAT:
        return CHAT
    if "@" in text:
        try:
            found = validate_email(text, check_deliverability=False, test_environment=True)
        except EmailNotValidError as error:
            raise ContactRefused(str(error)) from error
        return found.normalized
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise ContactRefused("is neither a phone number nor an e-mail address") from error
    if not phonenumbers.is_possible_number(number):
        raise ContactRefused("is no phone number that can be called")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_in(text: str, region: str) -> str | None:
    """The one phone number that a message names, in E.164."""
    found = {
        phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        for match in phonenumbers.PhoneNumberMatcher(text, region)
    }
    return found.pop() if len(found) == 1 else None


def way(contact: str) -> Way:
    if contact == CHAT:
        return "chat"
    return "email" if "@" in contact else "phone"


def spoken(contact: str) -> str:
    """`contact` as people write it: a number in its international groups."""
    if way(contact) != "phone":
        return contact
    number = phonenumbers.parse(contact, None)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
