"""The errors that every interface answers with: `{error: {code, message, field?}}`."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sanic import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

Body = TypeVar("Body", bound=BaseModel)


class ApiError(Exception):
    """An answer that says what is wrong. The application turns it into its response."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.retry_after = retry_after

    def response(self) -> HTTPResponse:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field is not None:
            error["field"] = self.field
        headers = {"Cache-Control": "no-store"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(max(1, round(self.retry_after)))
        return json_response({"error": error}, status=self.status, headers=headers)


def read_body(request: Request, model: type[Body]) -> Body:
    """The request's JSON object as `model`. Raises ApiError 400, 415 or 422."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and kind not in ("application/json", ""):
        raise ApiError(415, "unsupported_type", "the body must be application/json")
    try:
        data = json.loads(request.body.decode("utf-8") or "null", parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ApiError(400, "not_json", "the body is not JSON in UTF-8") from error
    if not isinstance(data, dict):
        raise ApiError(422, "wrong_type", "the body must be a JSON object")
    return checked(data, model)


def checked(data: dict[str, Any], model: type[Body]) -> Body:
    """`data` as `model`. Raises ApiError 422 naming the field."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise ApiError(422, "invalid", first["msg"], field) from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def whole_number(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A query parameter as a number, kept within bounds above. Raises ApiError 422."""
    text = request.args.get(name)
    if text is None or text == "":
        return default
    try:
        value = int(text)
    except ValueError as error:
        raise ApiError(422, "wrong_type", f"{name} must be a whole number", name) from error
    if value < least:
        raise ApiError(422, "invalid", f"{name} must be at least {least}", name)
    return min(value, most)
