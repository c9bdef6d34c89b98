"""Pictures made anew from their pixels: what else was in the file stays behind.

That takes away the place where a photo was taken, and whatever a crafted file hides for a program
that reads it as something else.
"""

import io
from typing import Final

from PIL import Image, ImageOps

from support.attachments.refusals import BrokenFile

# Larger than any phone's picture, and small enough that its pixels fit into memory.
MOST_PIXELS: Final = 64_000_000
# What is kept: sharp enough to read a receipt, a screenshot of any length included.
KEPT_PIXELS: Final = 12_000_000
FORMATS: Final = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
# Twice as wide as it is shown, for dense screens.
PORTRAIT: Final = 160
_QUALITY = 86
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")


def is_picture(content: bytes) -> bool:
    """Whether `content` begins as one of FORMATS does; whether it is one, `made_anew` finds out."""
    return content.startswith(_SIGNATURES) or (content[:4], content[8:12]) == (b"RIFF", b"WEBP")


def made_anew(content: bytes) -> tuple[bytes, str]:
    """The picture in `content` again, upright, and its type. Of a moving one the first frame.

    Raises BrokenFile for what can't be read in full, and for more pixels than anybody needs.
    """
    try:
        with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise BrokenFile("the picture has too many pixels")
            kept = "PNG" if image.format == "GIF" else str(image.format)
            # A hint to the JPEG decoder, which then never unpacks what is thrown away below.
            image.draft(None, (4 * 1024, 4 * 1024))
            upright = ImageOps.exif_transpose(image)
            return _encoded(_bounded(_plain(upright, kept)), kept), FORMATS[kept]
    except BrokenFile:
        raise
    except Exception as error:
        # Decoders raise whatever a hostile file leads them to.
        raise BrokenFile("the picture can't be read") from error


def _plain(image: Image.Image, kept: str) -> Image.Image:
    transparent = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    if transparent and kept != "JPEG":
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _bounded(image: Image.Image) -> Image.Image:
    pixels = image.width * image.height
    if pixels <= KEPT_PIXELS:
        return image
    scale = (KEPT_PIXELS / pixels) ** 0.5
    size = (max(1, int(image.width * scale)), max(1, int(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, kept: str) -> bytes:
    # Pasted onto a new one: conversions carry comments and profiles along.
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    out = io.BytesIO()
    match kept:
        case "PNG":
            clean.save(out, "PNG")
        case "WEBP":
            clean.save(out, "WEBP", quality=_QUALITY, method=4)
        case _:
            clean.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def portrait(content: bytes) -> bytes:
    """The middle of the picture in `content`, square, PORTRAIT pixels wide, as WEBP.

    Slow for a large one, so not to be called on the event loop. Raises BrokenFile.
    """
    if not is_picture(content):
        raise BrokenFile("the file is not a picture")
    made, _ = made_anew(content)
    with Image.open(io.BytesIO(made)) as image:
        square = ImageOps.fit(_plain(image, "WEBP"), (PORTRAIT, PORTRAIT), Image.Resampling.LANCZOS)
    return _encoded(square, "WEBP")
