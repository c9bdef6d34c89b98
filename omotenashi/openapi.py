"""The interface's own description: /openapi.json (OpenAPI 3.1), and /api/ to read it.

The shapes of requests are the very models that check them; what answers look like is told beside
each operation. A test holds this list against the routes that exist.
"""

import html
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from sanic import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from channels.webhook import shapes as webhook
from channels.webhook.signature import SIGNATURE, TIMESTAMP
from channels.website import shapes as visitor
from desk import bodies as desk
from omotenashi import __version__
from web.blueprint import Blueprint

ERRORS = {
    400: "not JSON, or not UTF-8",
    401: "not signed in, or expired",
    403: "not allowed",
    404: "not there, or not yours",
    409: "a race was lost, or the state does not allow it",
    408: "a file took too long to arrive",
    413: "the body or the file is too large",
    415: "the body is not JSON, or the file is of no type that is taken",
    422: "a field is wrong; nothing was stored",
    429: "too often; see Retry-After",
    503: "not now; see Retry-After",
}


@dataclass(frozen=True)
class Operation:
    """One method of one path. `by`: visitor, desk (session cookie), service (signed, see
    docs/channels.md) or anyone."""

    method: str
    path: str
    by: str
    summary: str
    answer: str
    status: int = 200
    body: type[BaseModel] | None = None
    query: tuple[str, ...] = ()
    content: str = "application/json"
    takes_file: bool = False


_PARAMETER = re.compile(r"\{(\w+)\}")
_V, _D, _C = "/api/v1/visitor", "/api/v1/desk", "/api/v1/desk/conversations/{id}"
_W = "/api/v1/webhook"
_LIST = (
    "state", "channel", "lang", "reason", "agent", "label", "topic", "tier", "mood", "rating",
    "longer", "failed", "waiting", "snoozed", "id", "q", "from", "to", "sort", "cursor", "limit",
)  # fmt: skip

OPERATIONS = (
    Operation("post", f"{_V}/session", "anyone", "Begin, or go on with, a visitor's thread",
              "{token, conversation_id, seq}", 201, visitor.SessionBody),
    Operation("post", f"{_V}/messages", "visitor", "Say something, or press a button",
              "{id, seq}", 202, visitor.MessageBody),
    Operation("get", f"{_V}/messages", "visitor", "What was said since",
              "{messages, state, queue?}", query=("after", "limit")),
    Operation("get", f"{_V}/events", "visitor", "The same as a stream: state, message, typing, "
              "receipt; resumes by Last-Event-ID", "server-sent events", query=("after",),
              content="text/event-stream"),
    Operation("post", f"{_V}/typing", "visitor", "The customer types, or stopped", "nothing", 204,
              visitor.TypingBody),
    Operation("post", f"{_V}/read", "visitor", "Read up to a seq", "nothing", 204,
              visitor.ReadBody),
    Operation("post", f"{_V}/feedback", "visitor", "Rate the conversation", "nothing", 204,
              visitor.FeedbackBody),
    Operation("post", f"{_V}/ticket", "visitor", "Decide about the place in the queue", "nothing",
              204, visitor.TicketBody),
    Operation("post", f"{_V}/link", "visitor", "Go on with the conversation elsewhere (telegram): "
              "an address that works once, for ten minutes", "{url, expires_at}", 201,
              visitor.LinkBody),
    Operation("post", f"{_V}/link/preferred", "visitor", "Where answers go in any case; null: "
              "where the customer wrote last", "nothing", 204, visitor.PreferredBody),
    Operation("delete", f"{_V}/link", "visitor", "End all links", "nothing", 204),
    Operation("post", f"{_V}/attachments", "visitor", "Send a picture or a PDF",
              "{id, seq, attachment: {id, name, type, size, url}}", 201, visitor.AttachmentBody,
              takes_file=True),
    Operation("get", f"{_V}/attachments/{{id}}", "visitor", "A file of the own thread", "the file",
              content="application/octet-stream"),
    Operation("get", f"{_V}/agents/{{id}}", "visitor", "The picture of who answers", "the picture",
              content="image/webp"),
    Operation("get", f"{_V}/callback-slots", "visitor", "Times for a call-back, as the customer's "
              "clocks show them", "{tz, slots, booked}", query=("tz",)),
    Operation("get", f"{_V}/transcript", "visitor", "The conversation as a text to keep, or as "
              "JSON when asked for", "text", content="text/plain"),
    Operation("post", f"{_V}/transcript", "visitor", "The conversation by e-mail", "nothing", 204,
              visitor.TranscriptBody),
    Operation("delete", f"{_V}/data", "visitor", "Erase everything for good", "nothing", 204),
    Operation("post", f"{_W}/messages", "service", "Webhook channel: what a customer wrote, or a "
              "button they pressed", "{id, seq}", 202, webhook.IncomingBody),
    Operation("get", f"{_W}/attachments/{{id}}", "service", "Webhook channel: a file that was sent "
              "to a customer", "the file", content="application/octet-stream"),
    Operation("post", f"{_D}/login", "anyone", "Sign in", "{csrf, agent}", 200, desk.LoginBody),
    Operation("post", f"{_D}/two-factor/begin", "desk", "A new secret for an authenticator",
              "{secret}"),
    Operation("post", f"{_D}/two-factor/confirm", "desk", "Take it into use",
              "{recovery_codes}", 201, desk.CodeBody),
    Operation("post", f"{_D}/two-factor/end", "desk", "End two-factor sign-in", "nothing", 204,
              desk.PasswordBody),
    Operation("post", f"{_D}/picture", "desk", "One's own picture, which customers see",
              "{picture}", 201, takes_file=True),
    Operation("delete", f"{_D}/picture", "desk", "Take it away", "nothing", 204),
    Operation("get", f"{_D}/pictures/{{id}}", "desk", "An agent's picture", "the picture",
              content="image/webp"),
    Operation("get", f"{_D}/sign-ins", "desk", "Where one is signed in", "{sign_ins}"),
    Operation("post", f"{_D}/sign-ins/{{id}}/end", "desk", "End a sign-in", "nothing", 204),
    Operation("get", f"{_D}/playbook", "desk", "Leads: the playbook's files", "{files}"),
    Operation("get", f"{_D}/playbook/{{name}}", "desk", "Leads: one of them, with its history",
              "{name, content, edited, after, history}"),
    Operation("post", f"{_D}/playbook/{{name}}", "desk", "Leads: edit it", "nothing", 204,
              desk.PlaybookBody),
    Operation("get", f"{_D}/people", "desk", "Administrators: the people at the desk", "{people}"),
    Operation("post", f"{_D}/people", "desk", "Administrators: add somebody", "{id}", 201,
              desk.NewPersonBody),
    Operation("post", f"{_D}/people/{{id}}", "desk", "Administrators: change somebody", "nothing",
              204, desk.PersonBody),
    Operation("post", f"{_D}/people/{{id}}/password", "desk", "Administrators: set a password",
              "nothing", 204, desk.PasswordBody),
    Operation("post", f"{_D}/people/{{id}}/two-factor/reset", "desk",
              "Administrators: take a lost second factor away", "nothing", 204),
    Operation("post", f"{_D}/people/{{id}}/sign-out", "desk", "Administrators: end all sign-ins",
              "nothing", 204),
    Operation("get", f"{_D}/audit", "desk", "Administrators: who did what", "{audit}",
              query=("action", "before")),
    Operation("post", f"{_D}/logout", "desk", "Sign out", "nothing", 204),
    Operation("get", f"{_D}/me", "desk", "Who is signed in", "{csrf, agent}"),
    Operation("post", f"{_D}/me", "desk", "Change status or language", "{csrf, agent}", 200,
              desk.MeBody),
    Operation("get", f"{_D}/tasks", "desk", "What has to be done by when", "{tasks}",
              query=("state", "owner")),
    Operation("post", f"{_D}/tasks/{{id}}/take", "desk", "Make a task one's own", "the task"),
    Operation("post", f"{_D}/tasks/{{id}}/done", "desk", "It is done", "the task", 200,
              desk.TaskDoneBody),
    Operation("post", f"{_D}/tasks/{{id}}/move", "desk", "Due at another time; the customer is "
              "told", "the task", 200, desk.TaskMoveBody),
    Operation("post", f"{_D}/tasks/{{id}}/cancel", "desk", "Call it off", "the task"),
    Operation("get", f"{_D}/callback-slots", "desk", "Where call-backs can be moved", "{slots}"),
    Operation("get", f"{_D}/cases/{{number}}", "desk", "A case with what was done", "the case"),
    Operation("post", f"{_D}/cases/{{number}}", "desk", "Work on a case; the customer is told",
              "the case", 200, desk.CaseBody),
    Operation("get", f"{_D}/notices", "desk", "What customers are told before they ask",
              "{notices}"),
    Operation("post", f"{_D}/notices", "desk", "Leads: a new notice", "the notice", 201,
              desk.NoticeBody),
    Operation("post", f"{_D}/notices/{{id}}/end", "desk", "Leads: end a notice", "the notice"),
    Operation("get", f"{_D}/conversations", "desk", "Find conversations",
              "{conversations, cursor}", query=_LIST),
    Operation("get", _C, "desk", "One conversation with its customer, orders and cases",
              "{id, state, reason, summary, events, customer, orders, cases, ...}"),
    Operation("get", f"{_C}/messages", "desk", "Its messages, with notes and readings",
              "{messages}", query=("after", "limit")),
    Operation("post", f"{_C}/claim", "desk", "Take it; 409 names who was first",
              "the conversation"),
    Operation("post", f"{_C}/reply", "desk", "Answer the customer", "{id, seq}", 202,
              desk.WritingBody),
    Operation("post", f"{_C}/attachments", "desk", "Send the customer a picture or a PDF",
              "{id, seq, attachment}", 201, desk.AttachmentBody, takes_file=True),
    Operation("get", f"{_D}/attachments/{{id}}", "desk", "A file of a conversation", "the file",
              content="application/octet-stream"),
    Operation("post", f"{_C}/note", "desk", "Write a private note", "{id, seq}", 202,
              desk.WritingBody),
    Operation("post", f"{_C}/transfer", "desk", "Hand on to an agent or the queue",
              "the conversation", 200, desk.TransferBody),
    Operation("post", f"{_C}/return", "desk", "Give back to the assistant", "the conversation",
              200, desk.ReturnBody),
    Operation("post", f"{_C}/resolve", "desk", "End it", "the conversation", 200,
              desk.ResolveBody),
    Operation("post", f"{_C}/reopen", "desk", "Go on with it", "the conversation"),
    Operation("post", f"{_C}/label", "desk", "Add or remove labels", "the conversation", 200,
              desk.LabelBody),
    Operation("post", f"{_C}/typing", "desk", "The agent types, or stopped", "nothing", 204,
              desk.TypingBody),
    Operation("post", f"{_C}/presence", "desk", "The agent looks at it, types in it or left it",
              "{present}", 200, desk.PresenceBody),
    Operation("post", f"{_C}/snooze", "desk", "Put it aside until a time", "the conversation",
              200, desk.SnoozeBody),
    Operation("get", f"{_C}/suggestions", "desk", "Articles and vetted replies for the last "
              "question", "{question, lang, articles, replies}"),
    Operation("post", f"{_C}/contact", "desk", "The customer's addresses in full; recorded",
              "{email, contact}"),
    Operation("post", f"{_C}/customer-notes", "desk", "A note about the customer, for all",
              "{id}", 201, desk.CustomerNoteBody),
    Operation("delete", f"{_C}/customer-notes/{{note}}", "desk", "Strike a note", "nothing", 204),
    Operation("post", f"{_C}/remedies", "desk", "Refund, replacement, return or credit",
              "{id, state}", 202, desk.RemedyBody),
    Operation("get", f"{_D}/remedies", "desk", "Leads: what waits for their word", "{remedies}"),
    Operation("post", f"{_D}/remedies/{{id}}/approve", "desk", "Leads: have it done",
              "{id, state}"),
    Operation("post", f"{_D}/remedies/{{id}}/decline", "desk", "Leads: turn it down",
              "{id, state}"),
    Operation("post", f"{_C}/abuse", "desk", "Flag abuse: a warning, a lead, a way out",
              "the conversation", 200, desk.AbuseBody),
    Operation("get", f"{_D}/macros", "desk", "Several steps by one command", "{macros}"),
    Operation("post", f"{_C}/macro", "desk", "Run one, all or nothing", "the conversation", 200,
              desk.MacroBody),
    Operation("get", f"{_D}/mentions", "desk", "Notes that name the agent", "{mentions}"),
    Operation("post", f"{_D}/mentions", "desk", "They are seen", "nothing", 204),
    Operation("post", f"{_C}/review", "desk", "Leads: judge a message or the whole", "{id}", 201,
              desk.ReviewBody),
    Operation("get", f"{_D}/articles", "desk", "Leads: all articles", "{articles}"),
    Operation("post", f"{_D}/articles/preview", "desk", "Leads: a draft as customers would see it",
              "{title, answer, html}", 200, desk.DraftBody),
    Operation("post", f"{_D}/articles/try", "desk", "Leads: what a draft would answer",
              "{asked, answers, takes}", 200, desk.DraftBody),
    Operation("post", f"{_D}/articles/save", "desk", "Leads: put a draft in force", "{version}",
              200, desk.ArticleBody),
    Operation("post", f"{_D}/articles/restore", "desk", "Leads: back to an earlier version",
              "{version}", 200, desk.RestoreBody),
    Operation("post", f"{_D}/articles/questions", "desk", "Leads: add missed questions to one",
              "{added, settled}", 200, desk.ArticleQuestionsBody),
    Operation("post", f"{_D}/lessons", "desk", "Leads: whether to learn from a reviewed message",
              "{review, state}", 200, desk.LessonBody),
    Operation("post", f"{_D}/reviewed-questions", "desk",
              "Leads: whether a reviewed message is an article's question", "{review, state}", 200,
              desk.LessonBody),
    Operation("get", f"{_D}/learning/jobs", "desk", "Leads: runs of learning", "{jobs}"),
    Operation("post", f"{_D}/learning/jobs", "desk", "Leads: train and compare, or switch",
              "{id}", 202, desk.LearningBody),
    Operation("get", f"{_D}/review-queue", "desk", "Leads: what deserves a review, and why",
              "{conversations}"),
    Operation("get", f"{_D}/reviews/mine", "desk", "What leads wrote to this agent", "{reviews}"),
    Operation("post", f"{_D}/reviews/{{id}}/seen", "desk", "The agent has read it", "nothing", 204),
    Operation("get", f"{_D}/events", "desk", "What happens, as a stream", "server-sent events",
              content="text/event-stream"),
    Operation("get", f"{_D}/outbox", "desk", "What no channel took", "{failed}"),
    Operation("post", f"{_D}/outbox/{{id}}/retry", "desk", "Try one of them again", "{id, state}",
              202),
    Operation("get", f"{_D}/export", "desk", "Leads: messages as CSV, JSON lines or PDF",
              "file", query=("format", "masked", *_LIST), content="text/csv"),
    Operation("get", f"{_D}/views", "desk", "Kept views of the list", "{views}"),
    Operation("post", f"{_D}/views", "desk", "Keep a view; leads may share it", "{id, query}", 201,
              desk.SearchBody),
    Operation("post", f"{_D}/views/{{id}}/forget", "desk", "Remove one's own", "nothing", 204),
    Operation("get", f"{_D}/searches", "desk", "Leads: saved searches", "{searches}"),
    Operation("post", f"{_D}/searches", "desk", "Leads: save a search", "{id, query}", 201,
              desk.SearchBody),
    Operation("post", f"{_D}/searches/{{id}}/forget", "desk", "Leads: remove one's own", "nothing",
              204),
    Operation("get", f"{_D}/reports/overview", "desk", "Leads: now, and the last days", "figures",
              query=("from", "to")),
    Operation("get", f"{_D}/reports/voices", "desk", "Leads: NPS, comments, ideas of a period",
              "{from, to, nps, comments, ideas}", query=("from", "to")),
    Operation("get", f"{_D}/reports/figures", "desk", "Leads: the figures of a period, and parts",
              "{from, to, figures, by, parts}", query=("from", "to", "by", "part", "format")),
    Operation("get", f"{_D}/missed-questions", "desk", "Leads: what no article answered",
              "{questions}", query=("state", "lang", "limit")),
    Operation("post", f"{_D}/missed-questions", "desk", "Leads: settle one", "{id, state}", 200,
              desk.MissedQuestionBody),
    Operation("get", "/healthz", "anyone", "Whether the process is alive", "{status}"),
    Operation("get", "/readyz", "anyone", "200 when customers get answers",
              "{status, dependencies}"),
    Operation("get", "/metrics", "anyone", "Figures for Prometheus", "text", content="text/plain"),
)  # fmt: skip

_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "anyone": [],
    "visitor": [{"visitor": []}],
    "desk": [{"desk": []}],
    "service": [{"timestamp": [], "signature": []}],
}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document. Made when it is first asked for: no start waits for it."""
    bodies = {operation.body for operation in OPERATIONS if operation.body is not None}
    refs, definitions = models_json_schema(
        [(body, "validation") for body in sorted(bodies, key=_name)],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        entry: dict[str, Any] = {
            "summary": operation.summary,
            "security": _SECURITY[operation.by],
            "parameters": [
                {"name": name, "in": "query", "schema": {"type": "string"}}
                for name in operation.query
            ],
            "responses": {
                str(operation.status): _answer(operation),
                "default": {"$ref": "#/components/responses/Error"},
            },
        }
        for place, name in enumerate(_PARAMETER.findall(operation.path)):
            entry["parameters"].insert(
                place, {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            )
        if operation.by == "desk" and operation.method != "get":
            entry["parameters"].append(
                {"name": "X-CSRF-Token", "in": "header", "required": True,
                 "schema": {"type": "string"}}
            )  # fmt: skip
        if operation.body is not None:
            entry["requestBody"] = _request_body(operation, refs[operation.body, "validation"])
        paths.setdefault(operation.path, {})[operation.method] = entry
    return {
        "openapi": "3.1.0",
        "info": {"title": "Omotenashi", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Error": _ERROR},
            "responses": {
                "Error": {
                    "description": "; ".join(f"{code}: {why}" for code, why in ERRORS.items()),
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                    },
                }
            },
            "securitySchemes": {
                "visitor": {"type": "http", "scheme": "bearer"},
                "desk": {"type": "apiKey", "in": "cookie", "name": "omotenashi_desk"},
                "timestamp": {"type": "apiKey", "in": "header", "name": TIMESTAMP},
                "signature": {"type": "apiKey", "in": "header", "name": SIGNATURE},
            },
        },
    }


_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "field": {"type": "string"},
            },
        }
    },
}


def _request_body(operation: Operation, fields: dict[str, Any]) -> dict[str, Any]:
    if not operation.takes_file:
        return {"required": True, "content": {"application/json": {"schema": fields}}}
    file = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
    schema = {"allOf": [fields, file]}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _answer(operation: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.answer}
    if operation.status != 204:
        answer["content"] = {operation.content: {}}
    return answer


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def blueprint() -> Blueprint:
    bp = Blueprint("openapi")
    page = _page()

    @bp.get("/openapi.json")
    async def as_json(request: Request) -> HTTPResponse:
        return json_response(document(), headers={"Access-Control-Allow-Origin": "*"})

    @bp.get("/api/")
    async def as_page(request: Request) -> HTTPResponse:
        return HTTPResponse(
            page,
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": "default-src 'none'"},
        )

    return bp


def _page() -> str:
    rows = "".join(
        f"<tr><td><code>{operation.method.upper()}</code></td>"
        f"<td><code>{html.escape(operation.path)}</code></td>"
        f"<td>{html.escape(operation.summary)}</td><td>{operation.by}</td>"
        f"<td>{operation.status} {html.escape(operation.answer)}</td></tr>"
        for operation in OPERATIONS
    )
    errors = "".join(f"<tr><td>{code}</td><td>{why}</td></tr>" for code, why in ERRORS.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Omotenashi API</title>'
        "<h1>Omotenashi API</h1>"
        '<p>As a document for tools: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'
        "<table><caption>Operations</caption><thead><tr><th>Method<th>Path<th>What it does"
        f"<th>For<th>Answer</thead><tbody>{rows}</tbody></table>"
        "<table><caption>Errors: {error: {code, message, field?}}</caption>"
        f"<tbody>{errors}</tbody></table></html>"
    )
