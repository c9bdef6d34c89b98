"""Order and case numbers, money: what customers type with digits."""

import re
from collections.abc import Iterator

from brain.nlu.spans import Span

# Written with the shop's prefix; a wrong count of digits is still meant as an order number.
_PREFIXED = re.compile(r"(?<![a-z0-9])h\s?n\s?[-_#:.]?\s?(\d{3,8})(?![\da-z])", re.I)
_HASH = re.compile(r"(?<![\w&#/])#\s?(\d{4,6})(?![\da-z])", re.I)
_NAMED = re.compile(
    r"(?:order|purchase|confirmation)\s*(?:number|num|no|nr|id|ref(?:erence)?|#)\.?"
    r"\s*(?:is|was|=|:|-|,|#)?\s*#?\s*(\d{3,8})(?![\da-z])"
    r"|(?:order|purchase)\s*(?:is|was|:)?\s*#?(\d{5})(?![\da-z])"
    r"|(?:注文|オ-ダ-|受注)\s*(?:番号|no|ナンバ-|id)\.?\s*(?:は|が|の|=|:|、|,|-)?\s*#?\s*(\d{3,8})(?!\d)"
    r"|(?:注文|オ-ダ-)\s*(?:は|が|の|:|、)?\s*#?(\d{5})(?!\d)",
    re.I,
)
_BARE = re.compile(
    r"(?<![\da-z.,¥$€£\-+#/:@])(\d{5})"
    r"(?!\d|[a-z]|[.,]\d|-\d|/\d|:\d|"
    r"\s?(?:yen|jpy|円|usd|eur|dollar|euro|pound|%|points?\b|pts?\b|ポイント|"
    r"[gml個枚本人件年時分万字名箱]))",
    re.I,
)
_CASE = re.compile(
    r"(?<![a-z0-9])c\s?-?\s?(\d{6})(?![\da-z])"
    r"|(?:case|ticket|complaint|reference)\s*(?:number|no|id|#)?\.?\s*(?:is|was|:)?\s*#?(\d{6})(?!\d)"
    r"|(?:受付|ケ-ス|お?問い?合わせ|管理)\s*(?:番号|no)?\.?\s*(?:は|が|の|:|、)?\s*#?(\d{6})(?!\d)",
    re.I,
)
_BARE_CASE = re.compile(r"^\s*(\d{6})\s*(?:です|番です|番)?[。.]?\s*$")
_SYMBOLS = {"¥": "JPY", "$": "USD", "€": "EUR", "£": "GBP"}
_UNITS = {
    "円": "JPY", "yen": "JPY", "jpy": "JPY", "usd": "USD", "dollar": "USD", "dollars": "USD",
    "bucks": "USD", "eur": "EUR", "euro": "EUR", "euros": "EUR", "gbp": "GBP",
    "pound": "GBP", "pounds": "GBP", "ドル": "USD", "ユ-ロ": "EUR",
}  # fmt: skip
_AMOUNT = re.compile(
    r"(?P<symbol>[¥$€£])\s?(?P<first>\d[\d,]{0,12}(?:\.\d{1,2})?)"
    r"|(?<!\d)(?P<man>\d{1,5}(?:\.\d{1,2})?)万(?:(?P<sen>\d)千)?円"
    r"|(?P<thousand>\d)千円"
    r"|(?<![\d.,])(?P<last>\d[\d,]{0,12}(?:\.\d{1,2})?)\s?"
    r"(?P<unit>円|yen|jpy|usd|dollars?|bucks|eur|euros?|gbp|pounds?|ドル|ユ-ロ)(?![a-z])",
    re.I,
)


def find_bare_case_number(text: str) -> Iterator[Span]:
    """Six digits and nothing else, where no postcode was asked for."""
    if match := _BARE_CASE.match(text):
        yield Span("case_number", f"C-{match[1]}", match.start(1), match.end(1))


def find_marked_case_numbers(text: str) -> Iterator[Span]:
    """Case numbers written as such, folded with `fold_dashes`; values like `C-123456`."""
    for match in _CASE.finditer(text):
        digits, start, end = _group(match)
        if match[0].lower().startswith("c") and match.group(1):
            start = match.start()
        yield Span("case_number", f"C-{digits}", start, end)


def find_order_numbers(text: str) -> Iterator[Span]:
    """Order numbers written as such, folded with `fold_dashes`; values like `HN-10234`."""
    for match in _PREFIXED.finditer(text):
        yield Span("order_number", f"HN-{match[1]}", match.start(), match.end())
    for match in _HASH.finditer(text):
        yield Span("order_number", f"HN-{match[1]}", match.start(), match.end())
    for match in _NAMED.finditer(text):
        digits, start, end = _group(match)
        yield Span("order_number", f"HN-{digits}", start, end)


def find_bare_order_numbers(text: str) -> Iterator[Span]:
    """Five digits with nothing to say that they are something else."""
    for match in _BARE.finditer(text):
        yield Span("order_number", f"HN-{match[1]}", match.start(1), match.end(1))


def find_amounts(text: str) -> Iterator[Span]:
    """Money, folded with `fold_dashes`; values like `3300 JPY` or `29.90 USD`."""
    for match in _AMOUNT.finditer(text):
        part = match.groupdict()
        if part["symbol"]:
            value, currency = part["first"], _SYMBOLS[part["symbol"]]
        elif part["man"]:
            value = f"{float(part['man']) * 10_000 + int(part['sen'] or 0) * 1000:.0f}"
            currency = "JPY"
        elif part["thousand"]:
            value, currency = f"{part['thousand']}000", "JPY"
        else:
            value, currency = part["last"], _UNITS[part["unit"].lower()]
        yield Span("amount", f"{value.replace(',', '')} {currency}", match.start(), match.end())


def _group(match: "re.Match[str]") -> tuple[str, int, int]:
    index = match.lastindex or 0
    return match[index], match.start(index), match.end(index)
