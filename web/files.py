"""Files that come in as a form, and go out to be saved."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sanic import Request
from sanic.exceptions import SanicException
from sanic.headers import parse_content_header
from sanic.request.form import parse_multipart_form
from sanic.request.parameters import RequestParameters
from sanic.response import HTTPResponse

from web.errors import ApiError

Handler = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]

# The form's own lines and its small fields, beside the file.
SPARE_BYTES: Final = 16 * 1024
# A slow line takes this long for the largest file; nobody holds a place for longer.
LONGEST_UPLOAD_S: Final = 300.0
# How long somebody who is refused may go on sending before the connection ends: whoever is cut
# off while sending doesn't see the answer.
LINGER_S: Final = 3.0
_STATUS = {"too_large": 413, "unknown_type": 415, "broken_file": 422}


@dataclass(frozen=True)
class Upload:
    """The one file of a form, as named by its sender, and the form's other fields."""

    name: str
    content: bytes
    fields: Mapping[str, str]


def refused(code: str, message: str) -> ApiError:
    """The answer to a file that is not taken: too_large, unknown_type or broken_file."""
    return ApiError(_STATUS[code], code, message, "file")


async def read_upload(request: Request, largest: int) -> Upload:
    """The form in a request whose route is a stream. Raises ApiError 400, 408, 413, 415, 422.

    A file that is too large is refused before it is read.
    """
    kind, parameters = parse_content_header(request.headers.get("content-type", ""))
    boundary = parameters.get("boundary")
    if kind != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise ApiError(415, "unsupported_type", "the body must be multipart/form-data")
    body = await _body(request, largest + SPARE_BYTES)
    try:
        fields, files = _parsed(body, boundary.encode())
        given = [file for several in files.values() for file in several]
        texts = {name: values[0] for name, values in fields.items()}
    except (ValueError, LookupError, SanicException) as error:
        raise ApiError(400, "not_a_form", "the body is not a form") from error
    if len(given) != 1 or "file" not in files:
        raise ApiError(422, "invalid", "the form must have one file", "file")
    if len(given[0].body) > largest:
        raise refused("too_large", f"the file has more than {largest} bytes")
    return Upload(given[0].name, given[0].body, texts)


async def _body(request: Request, most: int) -> bytes:
    too_large = refused("too_large", f"the body has more than {most} bytes")
    # Sanic has refused what is no number.
    if int(request.headers.get("content-length", "0")) > most:
        raise too_large
    read = bytearray()
    stream: Any = request.stream  # its class says too little about itself
    if stream is not None:
        try:
            async with asyncio.timeout(LONGEST_UPLOAD_S):
                async for piece in stream:
                    read += piece
                    if len(read) > most:
                        raise too_large
        except TimeoutError as error:
            raise ApiError(408, "too_slow", "the file took too long to arrive") from error
    return bytes(read)


def _parsed(body: bytes, boundary: bytes) -> tuple[RequestParameters, RequestParameters]:
    return parse_multipart_form(body, boundary)  # type: ignore[no-any-return,no-untyped-call]


def receiving(handler: Handler) -> Handler:
    """`handler`, which may answer before it has read the body, for a route that is a stream."""

    async def received(request: Request, **path: str) -> HTTPResponse | None:
        try:
            response = await handler(request, **path)
        except ApiError as error:
            response = error.response()
        stream: Any = request.stream
        if response is None or stream is None or not stream.request_body:
            return response
        # Sanic answers only once the handler is done, and then breaks off what is still coming.
        answer = await request.respond(response)
        await answer.send(end_stream=True)
        try:
            async with asyncio.timeout(LINGER_S):
                async for _ in stream:
                    pass
        except (TimeoutError, SanicException):
            stream.keep_alive = False
        return None

    return received


def download(content: bytes, name: str, kind: str, headers: Mapping[str, str]) -> HTTPResponse:
    """A file as something to save: no browser runs it, whatever it is."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    names = f"filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return HTTPResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f"attachment; {names}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
            **headers,
        },
    )
