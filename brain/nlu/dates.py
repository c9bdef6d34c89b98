"""Dates as customers write them, in English and Japanese, relative to a given day."""

import math
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from brain.nlu.spans import Span

_WEEKDAYS_EN = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAYS_JA = "月火水木金土日"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAYS = {
    "the day before yesterday": -2, "day before yesterday": -2, "yesterday": -1, "today": 0,
    "tonight": 0, "this morning": 0, "last night": -1, "the day after tomorrow": 2,
    "day after tomorrow": 2, "tomorrow": 1, "last week": -7, "next week": 7,
    "一昨日": -2, "おととい": -2, "昨日": -1, "きのう": -1, "昨夜": -1, "昨晩": -1, "今日": 0,
    "本日": 0, "きょう": 0, "今朝": 0, "今夜": 0, "明日": 1, "あした": 1, "明後日": 2,
    "あさって": 2, "先々週": -14, "先週": -7, "来週": 7,
}  # fmt: skip
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
           "seven": 7, "ten": 10, "couple of": 2, "a couple of": 2}  # fmt: skip

# What is said of a day to come, and of one that is over.
_AHEAD = re.compile(
    r"\b(?:needs?|need(?:ed)? (?:it|this|them) for|wants?|will|should|must|have to|going|leaving|"
    r"leave|fly|flying|b-?day|birthday|wedding|anniversary|party|event|trip|gift|present|in time|"
    r"deadline|hoping)\b|'ll\b|必要|誕生日|結婚式|記念日|予定|間に合|使いたい|渡し|贈|行く|出発|法事|"
    r"お祝い|急い|ほしい|欲しい|までに|届きますか",
    re.I,
)
_OVER = re.compile(
    r"\b(?:was|were|did|didn't|had|got|came|arrived|ordered|bought|received|paid|sent|wrote|called|"
    r"told|said|placed|delivered|since|promised)\b|ました|でした|だった|届いた|買った|注文した|頼んだ|"
    r"言った|払った|送った|来た|届かな|から",
    re.I,
)

_Reader = Callable[["re.Match[str]", date], "date | None"]


def _number(words: str) -> int:
    return int(words) if words.isdigit() else _COUNTS[words.lower()]


def _day(year: int, month: int, day: int) -> "date | None":
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest_year(month: int, day: int, today: date) -> "date | None":
    """Without a year, the one that puts the day nearest to today."""
    years = (today.year - 1, today.year, today.year + 1)
    days = [found for year in years if (found := _day(year, month, day))]
    return min(days, key=lambda found: abs(found - today), default=None)


def _full(match: "re.Match[str]", today: date) -> "date | None":
    return _day(int(match["year"]), int(match["month"]), int(match["day"]))


def _japanese_era(match: "re.Match[str]", today: date) -> "date | None":
    return _day(2018 + int(match["year"]), int(match["month"]), int(match["day"]))


def _month_and_day(match: "re.Match[str]", today: date) -> "date | None":
    month, day = int(match["month"]), int(match["day"])
    if month > 12:  # 23/11 can only be read the other way round
        month, day = day, month
    year = match.groupdict().get("year")
    if year:
        return _day(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    return _nearest_year(month, day, today) if 1 <= month <= 12 else None


def _named_month(match: "re.Match[str]", today: date) -> "date | None":
    month, day = _MONTHS.index(match["month"][:3].lower()) + 1, int(match["day"])
    return (
        _day(int(match["year"]), month, day) if match["year"] else _nearest_year(month, day, today)
    )


def _named_day(match: "re.Match[str]", today: date) -> "date | None":
    return today + timedelta(days=_DAYS[match[0].lower()])


def _ago(match: "re.Match[str]", today: date) -> "date | None":
    days = _number(match["count"]) * (7 if match["unit"].lower().startswith(("w", "週")) else 1)
    back = match["way"].lower() in ("ago", "前", "earlier", "back")
    return today + timedelta(days=-days if back else days) if days < 1000 else None


def _is_ahead(match: "re.Match[str]") -> bool:
    """Whether what stands nearest to a weekday speaks of a day to come."""

    def distance(cues: "re.Pattern[str]") -> float:
        spans = (found.span() for found in cues.finditer(match.string))
        return min(
            (max(start - match.end(), match.start() - end) for start, end in spans),
            default=math.inf,
        )

    return distance(_AHEAD) < distance(_OVER)


def _weekday(match: "re.Match[str]", today: date) -> "date | None":
    name = match["weekday"].lower()
    wanted = (
        _WEEKDAYS_JA.index(name)
        if name in _WEEKDAYS_JA
        else [day[:3] for day in _WEEKDAYS_EN].index(name[:3])
    )
    which = (match["which"] or "").lower().strip()
    monday = today - timedelta(days=today.weekday())
    if which in ("先々週の",):
        return monday + timedelta(days=wanted - 14)
    if which in ("先週の", "先週"):
        return monday + timedelta(days=wanted - 7)
    if which in ("来週の", "来週"):
        return monday + timedelta(days=wanted + 7)
    if which in ("今週の", "this"):
        return monday + timedelta(days=wanted)
    if which in ("next", "by", "until", "before", "次の", "今度の", "coming", "this coming"):
        return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)
    if which in ("", "on") and _is_ahead(match):
        return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)
    # "last Monday", "it came on Monday", 月曜に: the latest one that is over.
    return today - timedelta(days=(today.weekday() - wanted - 1) % 7 + 1)


def _day_of_month(match: "re.Match[str]", today: date) -> "date | None":
    day = int(match["day"])
    last_month = today.replace(day=1) - timedelta(days=1)
    if day <= today.day:
        return _day(today.year, today.month, day)
    return _day(last_month.year, last_month.month, day)


_YEAR = r"(?P<year>20\d\d)"
_NTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_COUNT = r"(?P<count>\d{1,3}|a couple of|couple of|an?|one|two|three|four|five|six|seven|ten)"
_WHICH = r"(?P<which>last|next|this coming|this|coming|on|by|until|before|since)"
_WHICH_JA = r"(?P<which>先々週の|先週の?|今週の|来週の?|次の|今度の)"
_WEEKDAY_NAME = rf"(?P<weekday>{'|'.join(_WEEKDAYS_EN)})"
_WEEKDAY_SHORT = r"(?P<weekday>mon|tues?|wed|thu|thurs|fri|sat|sun)"
_NAMED = rf"(?<![a-z])(?:{'|'.join(map(re.escape, _DAYS))})(?![a-z])"

# Surest first: of overlapping readings the first counts.
_PATTERNS: list[tuple["re.Pattern[str]", _Reader]] = [
    (re.compile(pattern, re.I), reader)
    for pattern, reader in [
        (
            rf"(?<!\d){_YEAR}\s?(?:[-/.]|年)\s?(?P<month>\d{{1,2}})\s?(?:[-/.]|月)\s?"
            r"(?P<day>\d{1,2})日?(?!\d)",
            _full,
        ),
        (
            r"令和\s?(?P<year>\d{1,2})年\s?(?P<month>\d{1,2})月\s?(?P<day>\d{1,2})日",
            _japanese_era,
        ),
        (r"(?<!\d)(?P<month>\d{1,2})月\s?(?P<day>\d{1,2})日?(?!\d)", _month_and_day),
        (
            rf"(?<![a-z]){_MONTH}\s?(?:the\s)?{_NTH}(?:,?\s{_YEAR})?(?![\da-z])",
            _named_month,
        ),
        (
            rf"(?<!\d){_NTH}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?(?![a-z\d])",
            _named_month,
        ),
        (
            r"(?<![\d/.-])(?P<month>\d{1,2})/(?P<day>\d{1,2})"
            r"(?:/(?P<year>20\d\d|\d\d))?(?![\d/])",
            _month_and_day,
        ),
        (r"(?<!\d)(?P<count>\d{1,3})\s?(?P<unit>日|週間)\s?(?P<way>前|後)", _ago),
        (
            rf"(?<![a-z\d]){_COUNT}\s(?P<unit>days?|weeks?)\s"
            r"(?P<way>ago|earlier|back|from now)(?![a-z])",
            _ago,
        ),
        (rf"{_WHICH_JA}?(?P<weekday>[月火水木金土日])曜日?", _weekday),
        (rf"(?<![a-z]){_WHICH}?\s?(?<![a-z]){_WEEKDAY_NAME}(?![a-z])", _weekday),
        (rf"(?<![a-z])(?P<which>last|next|this)\s{_WEEKDAY_SHORT}(?![a-z])", _weekday),
        (_NAMED, _named_day),
        (r"(?<![\d月])(?P<day>\d{1,2})日(?=に)", _day_of_month),
    ]
]


def find_dates(text: str, today: date) -> Iterator[Span]:
    """Days named in folded text, surest reading first; values are ISO dates.

    A day without a year is the one nearest to `today`; a weekday without more is the last one,
    unless what is said beside it is still to come.
    """
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(text):
            try:
                day = read(match, today)
            except OverflowError:
                continue
            if day is not None:
                yield Span("date", day.isoformat(), match.start(), match.end())
