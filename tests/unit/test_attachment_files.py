"""What a file is, by its bytes; what is left of a picture; what a name may be."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from support.attachments import checking, images
from support.attachments.checking import checked_file
from support.attachments.names import EXTENSIONS, LONGEST_NAME, cleaned
from support.attachments.refusals import BrokenFile, FileRefused, TooLarge, UnknownType
from tests import uploads

M4A = b"\x00\x00\x00\x1cftypM4A \x00\x00\x02\x00M4A isommp42" + bytes(40)
MP4 = b"\x00\x00\x00\x1cftypisom\x00\x00\x02\x00isomiso2mp41" + bytes(40)
MP3 = b"ID3\x03\x00\x00\x00\x00\x00\x23" + bytes(80)


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (uploads.picture("JPEG"), "image/jpeg"),
        (uploads.picture("PNG"), "image/png"),
        (uploads.picture("WEBP"), "image/webp"),
        (uploads.picture("GIF"), "image/png"),
        (uploads.PDF, "application/pdf"),
    ],
)
def test_what_is_taken_from_everybody(content: bytes, type_: str) -> None:
    assert checked_file("x.exe", content).type == type_


@pytest.mark.parametrize(
    ("content", "type_"), [(uploads.OGG, "audio/ogg"), (MP3, "audio/mpeg"), (M4A, "audio/mp4")]
)
def test_sound_is_taken_where_there_are_voice_messages(content: bytes, type_: str) -> None:
    assert checked_file("voice", content, voice=True).type == type_
    with pytest.raises(UnknownType):
        checked_file("voice", content)


@pytest.mark.parametrize(
    "content",
    [
        uploads.SVG,
        b"<?xml version='1.0'?>" + uploads.SVG,
        uploads.HTML,
        uploads.HTML + uploads.picture(),
        b" " + uploads.PDF,
        b"\n" + uploads.picture("PNG"),
        MP4,
        b"PK\x03\x04" + bytes(60),
        b"MZ" + bytes(60),
        b"#!/bin/sh\n",
        "日本語の文章です。".encode(),
        bytes(100),
    ],
)
def test_what_is_not_taken_whatever_it_is_called(content: bytes) -> None:
    for name in ("cup.jpg", "invoice.pdf", "voice.mp3"):
        with pytest.raises(UnknownType):
            checked_file(name, content, voice=True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_that_breaks_off_is_refused(kind: str) -> None:
    whole = uploads.picture(kind, (300, 200))
    for length in (12, len(whole) // 3, len(whole) // 2):
        with pytest.raises(FileRefused):
            checked_file("cup", whole[:length])


def test_damaged_pictures_are_refused_or_read_but_never_more() -> None:
    chance = random.Random(4)
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        whole = uploads.picture(kind, (120, 80))
        for _ in range(60):
            damaged = bytearray(whole)
            for _ in range(4):
                damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
            try:
                made = checked_file("cup", bytes(damaged))
            except FileRefused:
                continue
            Image.open(io.BytesIO(made.content)).load()


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    def unpacked(*_: object) -> None:
        raise AssertionError("unpacked")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpacked)
    with pytest.raises(BrokenFile):
        checked_file("cup.png", uploads.bomb())


def test_more_pixels_than_a_phone_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_PIXELS", 100 * 100)
    assert checked_file("cup.png", uploads.picture("PNG", (100, 100)))
    with pytest.raises(BrokenFile, match="too many pixels"):
        checked_file("cup.png", uploads.picture("PNG", (101, 100)))


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "LARGEST", 1000)
    with pytest.raises(TooLarge):
        checked_file("invoice.pdf", uploads.PDF + bytes(1000))


def test_nothing_but_the_picture_is_kept_and_it_is_upright() -> None:
    taken = uploads.photo_with_place()
    assert b"my living room" in taken
    assert b"secret comment" in taken
    made = checked_file("cup.jpg", taken)
    image = Image.open(io.BytesIO(made.content))
    assert not image.getexif()
    assert b"secret comment" not in made.content
    # Turned by 90 degrees: what was on the left is at the top.
    assert image.size == (40, 60)
    top = image.convert("RGB").getpixel((20, 10))
    assert isinstance(top, tuple)
    assert top[0] > 200 > 60 > top[2]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_comments_and_profiles_stay_behind_in_every_format(kind: str) -> None:
    from PIL.PngImagePlugin import PngInfo

    hidden = PngInfo()
    hidden.add_text("Comment", "secret comment")
    how = {"pnginfo": hidden} if kind == "PNG" else {"xmp": b"secret comment"}
    taken = uploads.picture(kind, icc_profile=b"secret profile", **how)
    assert b"secret comment" in taken
    made = checked_file("cup", taken)
    assert b"secret" not in made.content


def test_what_is_hidden_behind_a_picture_is_gone() -> None:
    made = checked_file("cup.jpg", uploads.polyglot())
    assert b"<script>" not in made.content


def test_a_transparent_picture_stays_transparent() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG")
    made = Image.open(io.BytesIO(checked_file("logo.png", out.getvalue()).content))
    assert made.mode == "RGBA"
    assert made.getpixel((5, 5)) == (255, 0, 0, 0)


def test_a_moving_picture_becomes_its_first_frame() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    made = Image.open(io.BytesIO(checked_file("cat.gif", out.getvalue()).content))
    assert getattr(made, "n_frames", 1) == 1
    assert made.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("1", "PNG"), ("P", "PNG"), ("LA", "PNG")]
)
def test_unusual_colours_are_read(mode: str, kind: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (10, 10)).save(out, kind)
    assert checked_file("scan", out.getvalue()).size > 0


def test_a_large_photo_is_made_smaller_and_keeps_its_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(images, "KEPT_PIXELS", 10_000)
    made = checked_file("cup.jpg", uploads.picture(size=(400, 100)))
    width, height = Image.open(io.BytesIO(made.content)).size
    assert width * height <= 10_000
    assert width / height == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("cup.jpg", "cup.jpg"),
        ("写真 1.JPEG", "写真 1.jpeg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\mei\\cup.png", "cup.jpg"),
        ("a\u202egpj.exe", "agpj.jpg"),
        ("cup.jpg.html", "cup.jpg.jpg"),
        ('cup"<b>.jpg', "cup__b_.jpg"),
        ("cup\r\nX-Evil: 1.jpg", "cupX-Evil_ 1.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("...", "file.jpg"),
        ("", "file.jpg"),
        (None, "file.jpg"),
        ("x" * 500, "x" * (LONGEST_NAME - 4) + ".jpg"),
    ],
)
def test_names(said: str | None, shown: str) -> None:
    assert cleaned(said, "image/jpeg") == shown


@given(st.text(max_size=200), st.sampled_from(sorted(EXTENSIONS)))
def test_no_name_leads_anywhere(said: str, type_: str) -> None:
    name = cleaned(said, type_)
    assert 0 < len(name) <= LONGEST_NAME
    assert name.isprintable()
    assert not set('/\\"<>|:*?') & set(name)
    assert not name.startswith(".")
    assert name.rpartition(".")[2] in {EXTENSIONS[type_], "jpeg"}
    assert cleaned(name, type_) == name
