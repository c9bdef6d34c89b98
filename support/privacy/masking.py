"""Personal data taken out of texts that more eyes than needed will see.

Masked are card numbers (13 to 19 digits that pass the Luhn check), passwords that follow their
name, e-mail addresses, and phone numbers. Order and case numbers stay: they lead nowhere without
proof.
"""

import re
import unicodedata

# From the beginning of a word, and back from its end never: Japanese is words without a blank, and
# looking for an @ from each of their letters took a tenth of a second for a long message.
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
# A date with an hour has as many digits, and is none.
_PHONE = re.compile(
    r"(?<![\w-])(?!(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d))\+?\d(?:[ ()-]{0,2}\d){8,14}(?![\w-])"
)
_PASSWORD = re.compile(
    r"((?:password|passwd|pwd|passcode|pin)(?:\s+(?:is|was))?\s*[:=]?\s*|"
    r"(?:パスワード|暗証番号)\s*(?:は|が|：|:|=)\s*)(\S+)",
    re.IGNORECASE,
)
# Words that follow "password" in a question about one.
_NOT_A_SECRET = re.compile(
    r"^(?:is|was|reset|change|forgot|forgotten|for|to|and|or|of|in|on|again|link|page|please|not|"
    r"doesn|isn|won|by|via|from|with|has|mail|email|e-mail|hint|recovery|security|protected)\b|"
    r"^[?!.,;。、？！]|^(?:何|忘れ|わから|分から|変更|再|どう|使え|違|ちが|合わ|届)",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """`text` with the same length of meaning and without what identifies."""
    plain = _same_length_nfkc(text)
    spans: list[tuple[int, int, str]] = []
    for match in EMAIL.finditer(plain):
        spans.append((*match.span(), f"{match.group()[0]}***@***"))
    spans += _cards(plain)
    for match in _PHONE.finditer(plain):
        digits = re.sub(r"\D", "", match.group())
        if 9 <= len(digits) <= 15:
            spans.append((*match.span(), f"***{digits[-2:]}"))
    spans += _passwords(plain)
    return _replaced(text, spans)


def mask_secrets(text: str) -> str:
    """`text` without card numbers and passwords, which nobody at the desk needs either."""
    plain = _same_length_nfkc(text)
    return _replaced(text, _cards(plain) + _passwords(plain))


def _cards(plain: str) -> list[tuple[int, int, str]]:
    spans = []
    for match in _CARD.finditer(plain):
        digits = re.sub(r"\D", "", match.group())
        if luhn(digits):
            spans.append((*match.span(), f"**** {digits[-4:]}"))
    return spans


def _passwords(plain: str) -> list[tuple[int, int, str]]:
    return [
        (*match.span(2), "***")
        for match in _PASSWORD.finditer(plain)
        if not _NOT_A_SECRET.match(match.group(2))
    ]


def luhn(digits: str) -> bool:
    """The check of ISO/IEC 7812-1 that payment card numbers pass."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _same_length_nfkc(text: str) -> str:
    # Full-width digits are found too, and every place stays where it was.
    return "".join(
        folded if len(folded := unicodedata.normalize("NFKC", character)) == 1 else character
        for character in text
    )


def _replaced(text: str, spans: list[tuple[int, int, str]]) -> str:
    kept: list[str] = []
    at = 0
    # Of two that begin together the longer one: a card number may look like a phone number first.
    for start, end, instead in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < at:
            continue
        kept += [text[at:start], instead]
        at = end
    return "".join(kept) + text[at:]
