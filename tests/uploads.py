"""Files as customers send them, honest and otherwise; made here, so that none is in git."""

import io
import struct
import zlib
from typing import Any

import httpx
from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
OGG = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead" + bytes(50)


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **how: Any) -> bytes:
    """Left half red, right half blue, so that a turned one is told from an upright one."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def photo_with_place() -> bytes:
    """A phone's photo, lying on its side, with the place where it was taken and a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to see it upright
    exif[0x010E] = "my living room"
    exif.get_ifd(0x8825)[2] = (35.0, 40.0, 52.0)  # latitude
    return picture(exif=exif, comment=b"secret comment")


def bomb() -> bytes:
    """A PNG of a few hundred bytes that would unpack to 30,000 x 30,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(4000)))
        + chunk(b"IEND", b"")
    )


def polyglot() -> bytes:
    """A picture to whoever looks at the beginning, a page with a script to whoever reads on."""
    return picture() + HTML


async def send(
    client: httpx.AsyncClient,
    address: str,
    content: bytes,
    name: str = "cup.jpg",
    kind: str = "image/jpeg",
    client_id: str = "f-1",
) -> httpx.Response:
    return await client.post(
        address, data={"client_id": client_id}, files={"file": (name, content, kind)}
    )
