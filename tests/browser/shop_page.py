"""A page of the shop's own, on another origin than the chat's, with the strictest policy there is.

What docs/widget.md says is enough stands in its policy, and no more.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>Hanamori</title><main><h1>Tea</h1><p><a href="/cups?page=2">Cups</a></p></main>
<script src="{chat}/widget.js" data-lang="auto" data-name="Hanamori" async></script></html>"""
POLICY = (
    "default-src 'none'; script-src {chat}; connect-src {chat}; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


class ShopPage(ThreadingHTTPServer):
    """`chat`: where the chat is served; to be set before the first visit."""

    daemon_threads = True
    chat = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, ShopPage)
        body = PAGE.format(chat=self.server.chat).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY.format(chat=self.server.chat))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return None


@contextmanager
def shop_page() -> Iterator[ShopPage]:
    with ShopPage() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
