"""What a file is called: said by whoever sends it, and shown to others. Pure."""

import unicodedata

LONGEST_NAME = 80
# Without these, a name can't be made to look like another one's: the ends of lines and the
# characters that turn writing around ("gpj.exe" shown as "exe.jpg").
_KEPT_CATEGORIES = ("L", "M", "N", "P", "S")
_RESERVED = frozenset('<>:"/\\|?*')

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
}


def cleaned(said: str | None, content_type: str) -> str:
    """A name to show and to save under: no path, nothing invisible, and the ending that
    `content_type` has, whatever the sender called it."""
    last = (said or "").replace("\\", "/").rpartition("/")[2]
    shown = "".join(
        character if character not in _RESERVED else "_"
        for character in unicodedata.normalize("NFC", last)
        if character == " " or unicodedata.category(character)[0] in _KEPT_CATEGORIES
    )
    ending = EXTENSIONS[content_type]
    stem, dot, given = shown.rpartition(".")
    if not dot or not 0 < len(given) <= 5:
        stem, given = shown, ""
    stem = " ".join(stem.split()).strip(". ")[: LONGEST_NAME - len(ending) - 1].strip(". ")
    same = given.lower() == ending or (given.lower(), ending) == ("jpeg", "jpg")
    return f"{stem or 'file'}.{given.lower() if same else ending}"
