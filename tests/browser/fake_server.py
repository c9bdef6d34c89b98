"""A stand-in for the server: the visitor interface with scripted answers and faults on demand.

It lets the widget's tests say precisely what happens on the wire (a lost acknowledgement, a silent
socket, an expired token), which the real product can't be told to do. Run as a module it listens
on the given port; shop.py is the tests' side of it, over the routes below /test.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sanic import Request, Sanic
from sanic.response import HTTPResponse, empty, html, raw, text
from sanic.response import json as json_response

from channels.website.files import widget_files

# Nothing inline, no eval, no HTML from strings: what a strict shop may demand.
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; report-uri /test/violation"
)
PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>Shop</title><main><h1>Shop</h1><p>Tea and tableware.</p><a href="#">A link</a></main>
{before}
<script src="/widget.js" data-lang="auto" data-color="{color}" data-name="{name}" async></script>
</html>"""

# A page that listens for itself to all that the widget listens to.
OWN_SCRIPT = """
heard = [];
const note = (event) => heard.push(event.type);
for (const name of ["resize", "scroll"]) visualViewport[`on${name}`] = note;
document.onvisibilitychange = note;
for (const name of ["ononline", "onoffline", "onstorage", "onresize"]) window[name] = note;
own = [visualViewport.onresize, visualViewport.onscroll, document.onvisibilitychange,
       window.ononline, window.onoffline, window.onstorage, window.onresize];
"""


SLOTS = [
    {"at": f"2026-12-{day}T{hour}:00+09:00", "day": f"2026-12-{day}"}
    for day in ("01", "02")
    for hour in ("10", "11")
]


@dataclass
class Fault:
    """What the next requests whose method and path begin with `where` meet."""

    where: str
    times: int = 1
    status: int = 503
    retry_after: int | None = None
    # The request is carried out, and then its answer is lost.
    after: bool = False
    # No answer at all: the connection is cut.
    cut: bool = False
    delay: float = 0


@dataclass
class Thread:
    token: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=lambda: {"state": "bot"})
    streams: set["asyncio.Queue[tuple[str, Any] | None]"] = field(default_factory=set)
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    moved_to: "Thread | None" = None
    seq: int = 0

    def keep(self, name: str, kind: str, content: bytes) -> dict[str, Any]:
        number = f"f{len(self.files) + 1}"
        self.files[number] = (kind, content)
        return {"id": number, "name": name, "type": kind, "size": len(content)}

    def add(self, author: str, body: str, **more: Any) -> dict[str, Any]:
        # A gap now and then, as private notes make.
        self.seq += 2 if self.seq % 5 == 4 else 1
        message = {
            "seq": self.seq,
            "id": f"m{self.seq}",
            "author": author,
            "kind": "text",
            "text": body,
            "created_at": datetime.now(UTC).isoformat(),
            **more,
        }
        self.messages.append(message)
        self.send("message", message)
        return message

    def send(self, event: str, data: Any) -> None:
        for stream in self.streams:
            stream.put_nowait((event, data))


class World:
    """All there is; made anew for each test."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.threads: dict[str, Thread] = {}
        self.faults: list[Fault] = []
        self.requests: list[dict[str, Any]] = []
        self.violations: list[str] = []
        self.taken: set[str] = set()
        self.silent = False
        self.made = 0

    def begin(self) -> Thread:
        self.made += 1
        thread = Thread(f"token-{self.made}")
        self.threads[thread.token] = thread
        return thread

    @property
    def newest(self) -> Thread:
        return list(self.threads.values())[-1]


def make_app() -> Sanic[Any, Any]:
    app: Sanic[Any, Any] = Sanic("widget-fake")
    world = World()

    @app.on_request
    async def meet_faults(request: Request) -> HTTPResponse | None:
        name = f"{request.method} {request.path}"
        if request.path.startswith("/api/"):
            form = request.headers.get("content-type", "").startswith("multipart/")
            body = request.json if request.body and not form else None
            world.requests.append({"name": name, "query": request.query_string, "body": body})
        fault = next((f for f in world.faults if name.startswith(f.where) and f.times), None)
        if fault is None:
            return None
        fault.times -= 1
        await asyncio.sleep(fault.delay)
        if fault.after:
            request.ctx.fault = fault
            return None
        if fault.cut:
            cut(request)
            return empty()
        wait = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
        error = {"error": {"code": "fault", "message": "asked for"}}
        return json_response(error, status=fault.status, headers=wait)

    @app.on_response
    async def lose_answers(request: Request, response: HTTPResponse) -> None:
        if hasattr(request.ctx, "fault"):
            cut(request)

    def thread_of(request: Request) -> Thread | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return world.threads.get(token) if scheme == "Bearer" else None

    def refusal(status: int, code: str) -> HTTPResponse:
        return json_response({"error": {"code": code, "message": code}}, status=status)

    # The visitor interface -----------------------------------------------------------------------

    @app.post("/api/v1/visitor/session")
    async def session(request: Request) -> HTTPResponse:
        if (request.json or {}).get("identity") == "bad":
            return refusal(401, "identity")
        thread = thread_of(request)
        if thread is not None and thread.moved_to is not None:
            thread = thread.moved_to
        if thread is None:
            thread = world.begin()
        answer = {"token": thread.token, "conversation_id": "c1", "seq": thread.seq}
        return json_response(answer, status=201)

    @app.get("/api/v1/visitor/messages")
    async def history(request: Request) -> HTTPResponse:
        thread = thread_of(request)
        if thread is None:
            return refusal(401, "expired")
        after, limit = (int(request.args.get(n, d)) for n, d in (("after", 0), ("limit", 200)))
        found = [m for m in thread.messages if m["seq"] > after][:limit]
        return json_response({"messages": found, **thread.state})

    @app.post("/api/v1/visitor/messages")
    async def post(request: Request) -> HTTPResponse:
        thread, body = thread_of(request), request.json
        if thread is None:
            return refusal(401, "expired")
        if body["client_id"] in thread.seen:
            return json_response(thread.seen[body["client_id"]], status=202)
        said = body.get("text", "")
        if "button" in body:
            offered = {b["id"]: b["title"] for m in thread.messages for b in m.get("buttons", ())}
            if body["button"] not in offered:
                return refusal(422, "unknown_button")
            if body["button"] in thread.used:
                return refusal(409, "stale_button")
            thread.used.update(offered)
            said = offered[body["button"]]
        if said == "unacceptable":
            return refusal(422, "invalid")
        message = thread.add("customer", said)
        accepted = {"id": message["id"], "seq": message["seq"]}
        thread.seen[body["client_id"]] = accepted
        if said == "hello":
            thread.add("bot", "Hello. What can I do for you?")
        return json_response(accepted, status=202)

    @app.post("/api/v1/visitor/attachments")
    async def attach(request: Request) -> HTTPResponse:
        thread, client_id = thread_of(request), request.form.get("client_id")
        if thread is None:
            return refusal(401, "expired")
        if client_id not in thread.seen:
            sent = request.files.get("file")
            kept = thread.keep(sent.name, sent.type, sent.body)
            message = thread.add("customer", sent.name, kind="attachment", attachments=[kept])
            made = {"id": message["id"], "seq": message["seq"], "attachment": kept}
            thread.seen[client_id] = made
        return json_response(thread.seen[client_id], status=201)

    @app.get("/api/v1/visitor/attachments/<number:str>")
    async def content(request: Request, number: str) -> HTTPResponse:
        thread = thread_of(request)
        if thread is None or number not in thread.files:
            return refusal(404, "not_found")
        kind, body = thread.files[number]
        return raw(body, content_type=kind)

    @app.get("/api/v1/visitor/events")
    async def events(request: Request) -> HTTPResponse | None:
        thread = thread_of(request)
        if thread is None:
            return refusal(401, "expired")
        queue: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
        thread.streams.add(queue)
        after = int(request.args.get("after", 0))

        async def frames() -> AsyncIterator[str]:
            yield frame("state", thread.state)
            for message in thread.messages:
                if message["seq"] > after:
                    yield frame("message", message)
            while True:
                try:
                    item = await asyncio.wait_for(queue.get(), 15)
                except TimeoutError:
                    if not world.silent:
                        yield ":\n\n"
                    continue
                if item is None:
                    return
                if not world.silent:
                    yield frame(*item)

        response = await request.respond(content_type="text/event-stream")
        try:
            async for part in frames():
                await response.send(part)
        finally:
            thread.streams.discard(queue)
        return None

    async def signal(request: Request) -> HTTPResponse:
        return empty() if thread_of(request) else refusal(401, "expired")

    for name in ("typing", "read", "feedback", "transcript", "link/preferred"):
        route = f"post_{name.replace('/', '_')}"
        app.add_route(signal, f"/api/v1/visitor/{name}", methods=["POST"], name=route)

    @app.post("/api/v1/visitor/ticket")
    async def ticket(request: Request) -> HTTPResponse:
        thread = thread_of(request)
        if thread is None:
            return refusal(401, "expired")
        if thread.state["state"] != "queued":
            return refusal(409, "not_waiting")
        if contact := request.json.get("contact"):
            thread.add("system", f"Thank you. The answer goes to {contact}.", kind="notice")
        action = request.json["action"]
        if action == "callback":
            if request.json["at"] in world.taken:
                return refusal(409, "slot_taken")
            thread.state |= {"callback": {k: request.json.get(k) for k in ("at", "contact")}}
        elif action == "callback_cancel":
            thread.state = {k: v for k, v in thread.state.items() if k != "callback"}
        elif action == "cancel":
            thread.state = {"state": "bot"}
        thread.send("state", thread.state)
        return empty()

    @app.get("/api/v1/visitor/callback-slots")
    async def slots(request: Request) -> HTTPResponse:
        if thread_of(request) is None:
            return refusal(401, "expired")
        free = [slot for slot in SLOTS if slot["at"] not in world.taken]
        return json_response({"tz": request.args.get("tz"), "slots": free, "booked": None})

    @app.post("/api/v1/visitor/link")
    async def link(request: Request) -> HTTPResponse:
        if thread_of(request) is None:
            return refusal(401, "expired")
        return json_response({"url": "https://t.me/shop_bot?start=c0de"}, status=201)

    @app.delete("/api/v1/visitor/link")
    async def unlink(request: Request) -> HTTPResponse:
        return empty() if thread_of(request) else refusal(401, "expired")

    @app.get("/api/v1/visitor/transcript")
    async def transcript(request: Request) -> HTTPResponse:
        thread = thread_of(request)
        if thread is None:
            return refusal(401, "expired")
        return text("\n".join(m["text"] for m in thread.messages))

    @app.delete("/api/v1/visitor/data")
    async def erase(request: Request) -> HTTPResponse:
        thread = thread_of(request)
        if thread is None:
            return refusal(401, "expired")
        del world.threads[thread.token]
        return empty()

    # The shop's page, and what the tests say -----------------------------------------------------

    @app.get("/")
    async def page(request: Request) -> HTTPResponse:
        shown = PAGE.format(
            lang=request.args.get("lang", "en"),
            dir="rtl" if request.args.get("lang") == "ar" else "ltr",
            color=request.args.get("color", "#2f5d50"),
            name=request.args.get("name", ""),
            before='<script src="/own.js"></script>' if request.args.get("own") else "",
        )
        return html(shown, headers={"Content-Security-Policy": POLICY})

    @app.get("/own.js")
    async def own_script(request: Request) -> HTTPResponse:
        return text(OWN_SCRIPT, content_type="text/javascript")

    app.blueprint(widget_files())

    @app.post("/test/<what:str>")
    async def steer(request: Request, what: str) -> HTTPResponse:
        if what == "violation":
            world.violations.append(request.body.decode())
            return empty()
        said: Any = request.json
        if what == "fault":
            world.faults.append(Fault(**said))
        elif what == "say":
            for file in said.get("attachments", ()):
                file |= world.newest.keep(file["name"], file["type"], bytes.fromhex(file["hex"]))
            return json_response(world.newest.add(**said))
        elif what == "update":
            thread = world.newest
            found = next(m for m in thread.messages if m["seq"] == said["seq"])
            found.update(said)
            thread.send("message", found)
        elif what == "state":
            thread = world.newest
            thread.state = said
            if said.get("moved"):
                thread.moved_to = world.begin()
            thread.send("state", said)
        elif what == "event":
            world.newest.send(said["event"], said["data"])
        elif what == "drop":
            for stream in list(world.newest.streams):
                stream.put_nowait(None)
        elif what == "heal":
            world.faults.clear()
        elif what == "silent":
            world.silent = said
        elif what == "take":
            world.taken.update(said)
        elif what == "expire":
            world.threads.clear()
        elif what == "reset":
            world.reset()
        return empty()

    @app.get("/test/log")
    async def log(request: Request) -> HTTPResponse:
        streams = sum(len(thread.streams) for thread in world.threads.values())
        return json_response(
            {
                "requests": world.requests,
                "violations": world.violations,
                "streams": streams,
                "threads": len(world.threads),
                "texts": [m["text"] for t in world.threads.values() for m in t.messages],
            }
        )

    return app


def cut(request: Request) -> None:
    """Ends the connection without a word."""
    transport: Any = request.transport
    transport.abort()


def frame(event: str, data: Any) -> str:
    number = f"id: {data['seq']}\n" if event == "message" else ""
    return f"event: {event}\n{number}data: {json.dumps(data, ensure_ascii=False)}\n\n"


if __name__ == "__main__":
    make_app().run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False)
