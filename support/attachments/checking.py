"""What a file is, by its bytes alone: neither its name nor what its sender says is believed."""

from dataclasses import dataclass
from typing import Final

import puremagic

from support.attachments import images
from support.attachments.names import cleaned
from support.attachments.refusals import BrokenFile, TooLarge, UnknownType

LARGEST: Final = 10 * 1024 * 1024
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
DOCUMENTS: Final = frozenset({"application/pdf"})
VOICE: Final = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4"})
_SIGNATURE_BYTES = 4096
_PDF_TAIL_BYTES = 2048
_SAME = {"application/ogg": "audio/ogg"}


@dataclass(frozen=True)
class CheckedFile:
    """What may be stored: pictures made anew, everything else as it came."""

    name: str
    type: str
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)


def checked_file(name: str | None, content: bytes, *, voice: bool = False) -> CheckedFile:
    """`content` as it may be kept. `voice`: whether sound is taken, too.

    Slow for a large picture, so not to be called on the event loop. Raises FileRefused.
    """
    if len(content) > LARGEST:
        raise TooLarge(f"more than {LARGEST} bytes")
    if not content:
        raise BrokenFile("the file is empty")
    if images.is_picture(content):
        made, kind = images.made_anew(content)
        if len(made) > LARGEST:
            raise TooLarge(f"more than {LARGEST} bytes as a picture of its own")
        return CheckedFile(cleaned(name, kind), kind, made)
    kind = _other_type(content, DOCUMENTS | VOICE if voice else DOCUMENTS)
    if kind == "application/pdf" and b"%%EOF" not in content[-_PDF_TAIL_BYTES:]:
        raise BrokenFile("the document is cut off")
    return CheckedFile(cleaned(name, kind), kind, content)


def _other_type(content: bytes, taken: frozenset[str]) -> str:
    try:
        matches = puremagic.magic_string(content[:_SIGNATURE_BYTES])
    except (puremagic.PureError, ValueError) as error:
        raise UnknownType("no known type") from error
    for match in matches:
        kind: str = _SAME.get(match.mime_type, match.mime_type)
        # Sound is told from moving pictures by the letters after the box's length.
        if kind in taken and match.offset in (0, 4):
            return kind
    raise UnknownType("none of the types that are taken")
