"""E-mail addresses, links, postcodes and telephone numbers."""

import re
from collections.abc import Iterator, Sequence

from brain.nlu.spans import Span

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+'-]*@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'）)」、。]+", re.I)
_POSTCODE_WORD = (
    r"(?:zip(?:\s?code)?|post(?:al)?\s?code|plz|〒|郵便番号)\s*(?:is|was|=|:|は|が|、|,)?\s*"
)
_NAMED_POSTCODE = re.compile(
    rf"{_POSTCODE_WORD}(?P<code>\d{{3}}-?\d{{4}}(?!\d)|\d{{5}}-\d{{4}}|\d{{4}}\s?[a-z]{{2}}\b|\d{{4,6}}(?!\d))"
    rf"|(?<!\d)(?P<before>\d{{5}}(?:-\d{{4}})?)(?!\d)\s*(?:is|as)\s*(?:the|my|our)?\s*(?:zip|post)",
    re.I,
)
_JAPAN = re.compile(r"(?<![\d-])(\d{3})-(\d{4})(?![\d-])")
_BRITAIN = re.compile(
    r"(?<![a-z0-9])([a-pr-uwyz][a-hk-y]?\d[a-z\d]?)\s?(\d[abd-hjlnp-uw-z]{2})(?![a-z0-9])", re.I
)
_CANADA = re.compile(r"(?<![a-z0-9])([abceghj-nprstvxy]\d[a-z])[ -]?(\d[a-z]\d)(?![a-z0-9])", re.I)
_STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ "
    "NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC"
).replace(" ", "|")
_UNITED_STATES = re.compile(
    rf"(?<![A-Za-z])(?:{_STATES}),?\s+(\d{{5}}(?:-\d{{4}})?)(?![\d-])|(?<![\d-])(\d{{5}}-\d{{4}})(?![\d-])"
)
_WHOLE_MESSAGE = re.compile(
    r"^\s*([a-z0-9][a-z0-9 -]{1,9}[a-z0-9])\s*(?:です|desu)?[.。]?\s*$", re.I
)
# Not an amount, a date, a time or a part of something longer.
_DIGITS_ALONE = re.compile(
    r"(?<![\w.,¥$€£\-+#/:@])(\d{4,6})"
    r"(?![\w]|[.,:/-]\d|\s?(?:yen|円|%|eur|usd|points?\b|pts?\b))",
    re.I,
)
_SEVEN_DIGITS = re.compile(r"^\s*(\d{7})\s*(?:です)?[。.]?\s*$")
_PHONE = re.compile(r"(?<![\w.@+-])(\+?\(?\d[\d\s().-]{6,18}\d)(?![\w@]|-\d)")


def find_emails(text: str) -> Iterator[Span]:
    """E-mail addresses in folded text; values in lower case."""
    for match in _EMAIL.finditer(text):
        yield Span("email", match[0].lower(), match.start(), match.end())


def find_links(text: str) -> Iterator[Span]:
    """Web addresses: no entity of ours, but digits in them mean nothing."""
    for match in _LINK.finditer(text):
        yield Span("link", match[0], match.start(), match.end())


def find_postcodes(text: str) -> Iterator[Span]:
    """Postcodes written as such, in text folded with `fold_dashes`.

    Values: `604-8091`, `94110` or `94110-1234`, `SW1A 1AA`, `K1A 0B1`, otherwise as typed.
    """
    for match in _NAMED_POSTCODE.finditer(text):
        group = "code" if match["code"] else "before"
        yield _postcode(match[group], match.start(group), match.end(group))
    for pattern in (_JAPAN, _CANADA, _BRITAIN):
        for match in pattern.finditer(text):
            yield _postcode(match[0], match.start(), match.end())
    for match in _UNITED_STATES.finditer(text):
        index = match.lastindex or 0
        yield _postcode(match[index], match.start(index), match.end(index))
    if match := _SEVEN_DIGITS.match(text):
        yield _postcode(match[1], match.start(1), match.end(1))


def find_asked_postcode(text: str) -> Iterator[Span]:
    """The whole message as the postcode that was asked for: five digits are one then."""
    match = _WHOLE_MESSAGE.match(text)
    if match and sum(map(str.isdigit, match[1])) >= 3:
        yield _postcode(match[1], match.start(1), match.end(1))


def find_postcode_beside(text: str, orders: Sequence[Span]) -> Iterator[Span]:
    """A group of four to six digits alone beside order numbers that are written as such."""
    for match in _DIGITS_ALONE.finditer(text):
        if not any(span.start < match.end(1) and match.start(1) < span.end for span in orders):
            yield _postcode(match[1], match.start(1), match.end(1))


def find_phones(text: str) -> Iterator[Span]:
    """Telephone numbers in text folded with `fold_dashes`; digits, with `+` if typed."""
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match[1])
        international = match[1].startswith("+")
        domestic = digits.startswith("0") and 9 <= len(digits) <= 11
        american = len(digits) == 10 and not match[1].isdigit()
        # Longer runs are tracking or card numbers.
        if (international and 8 <= len(digits) <= 15) or domestic or american:
            value = f"+{digits}" if international else digits
            yield Span("phone", value, match.start(1), match.end(1))


def _postcode(written: str, start: int, end: int) -> Span:
    code = re.sub(r"[\s-]", "", written).upper()
    if re.fullmatch(r"\d{7}", code):
        code = f"{code[:3]}-{code[3:]}"
    elif re.fullmatch(r"\d{9}", code):
        code = f"{code[:5]}-{code[5:]}"
    elif _CANADA.fullmatch(code):
        code = f"{code[:3]} {code[3:]}"
    elif _BRITAIN.fullmatch(code):
        code = f"{code[:-3]} {code[-3:]}"
    else:
        code = written.strip().upper()
    return Span("postcode", code, start, end)
