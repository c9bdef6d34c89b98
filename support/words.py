"""Times, waits and addresses as they are said to a customer."""

from datetime import datetime
from zoneinfo import ZoneInfo

_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_JA = "月火水木金土日"


def sentences(lang: str | None, *said: str) -> str:
    """Sentences one after the other: Japanese has no space between them."""
    return ("" if lang == "ja" else " ").join(said)


def wait_range(low_s: int, high_s: int, lang: str | None) -> str:
    """A range of waiting, in the roundest words that are still true."""
    if high_s >= 2 * 3600:
        low, high = low_s // 3600, -(-high_s // 3600)
        unit, one = ("時間", "時間") if lang == "ja" else ("hours", "hour")
    else:
        low, high = low_s // 60, max(1, -(-high_s // 60))
        unit, one = ("分", "分") if lang == "ja" else ("minutes", "minute")
    if lang == "ja":
        if low == 0:
            return f"{high}{unit}以内"
        return f"約{high}{unit}" if low == high else f"{low}〜{high}{unit}"
    if low == 0:
        return f"up to {high} {unit if high > 1 else one}"
    return f"{low} {one if low == 1 else unit}" if low == high else f"{low} to {high} {unit}"


def moment(at: datetime, now: datetime, zone: ZoneInfo, lang: str | None) -> str:
    """A time in the shop's zone: the hour when it is today, else the day as well."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    if lang == "ja":
        hour = f"{local.hour}時" + (f"{local.minute}分" if local.minute else "")
        if days == 0:
            return f"本日{hour}"
        if days == 1:
            return f"明日{hour}"
        return f"{local.month}月{local.day}日（{_DAYS_JA[local.weekday()]}）{hour}"
    clock = f"{local:%H:%M} {zone_name(local, lang)}"
    if days == 0:
        return f"{clock} today"
    if days == 1:
        return f"{clock} tomorrow"
    return f"{_DAYS_EN[local.weekday()]} {local.day} {local:%B}, {clock}"


def zone_name(local: datetime, lang: str | None) -> str:
    if local.tzname() == "JST":
        return "日本時間" if lang == "ja" else "Japan time"
    return str(local.tzname())


def file_kind(mime: str, lang: str | None) -> str:
    """What a file is, to somebody who doesn't see it."""
    japanese = lang == "ja"
    if mime.startswith("image/"):
        return "画像" if japanese else "a picture"
    if mime.startswith("audio/"):
        return "音声" if japanese else "a recording"
    return "PDF" if mime == "application/pdf" else "ファイル" if japanese else "a file"


def file_size(size: int) -> str:
    """Bytes as people read them, rounded up: never 0 KB."""
    return f"{size / 1024**2:.1f} MB" if size >= 1024**2 else f"{-(-size // 1024)} KB"


def masked_email(address: str) -> str:
    """`aiko@example.com` as `a***@example.com`."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"
