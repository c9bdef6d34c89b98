"""Through a real nginx with the configuration of deploy/: streams, files, addresses, restarts."""

import asyncio
import random
import signal
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests import uploads
from tests.chaos.proxy import Nginx, nginx
from tests.chaos.storm import Product, build, prepared
from tests.harness import Visitor

pytestmark = pytest.mark.skipif(
    nginx() is None, reason="there is no nginx (Debian: apt-get install nginx) or no openssl"
)
V = "/api/v1/visitor"
MB = 1024 * 1024
FAIL_TIMEOUT_S = 2  # of deploy/nginx.conf
# As the proxies of compose.yml: what nginx adds counts, what a client claims doesn't.
SETTINGS = {"OMOTENASHI_TRUSTED_PROXIES": "127.0.0.1", "OMOTENASHI_LIMITS": "on"}


@asynccontextmanager
async def raised(folder: Path, cache: Path) -> AsyncIterator[tuple[Product, Nginx]]:
    """Two servers, two brains, PostgreSQL, Redis, and the proxy before them."""
    product = build(
        folder, big=True, real_brain=False, dice=random.Random(1), cache=cache, settings=SETTINGS
    )
    proxy = Nginx(folder / "nginx", product.ports)
    proxy.prepare()
    program = proxy.program()
    db = None
    try:
        db, _ = await prepared(product, [], 0)
        program.start()
        await product.ready()
        yield product, proxy
    finally:
        if db is not None:
            db.close()
        await program.stop()
        await product.stop()


def customer(proxy: Nginx, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """One who comes from `address`."""
    transport = httpx.AsyncHTTPTransport(verify=proxy.trusting(), local_address=address)
    return httpx.AsyncClient(base_url=proxy.url, transport=transport, timeout=60)


def test_nginx_reads_the_file_without_a_complaint(tmp_path: Path) -> None:
    proxy = Nginx(tmp_path / "nginx", (1, 2))
    proxy.prepare()
    done = subprocess.run([*proxy.command, "-t"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[emerg]" not in done.stderr


@pytest.mark.timeout(600)
async def test_customers_through_the_proxy(tmp_path: Path, articles_cache: Path) -> None:
    async with raised(tmp_path, articles_cache) as (product, proxy):
        await speaks_http2(proxy)
        async with customer(proxy, "127.0.0.2") as client:
            await shows_nothing_of_the_inside(client)
            visitor = await Visitor(client).arrive(lang="en")
            await events_come_as_they_happen(visitor)
            await files_pass_and_too_large_ones_are_refused(visitor)
            await a_server_less_is_not_noticed(visitor, product)
        await addresses_are_the_customers_own(proxy)


async def speaks_http2(proxy: Nginx) -> None:
    context = proxy.trusting()
    context.set_alpn_protocols(["h2"])
    _, writer = await asyncio.open_connection("127.0.0.1", proxy.port, ssl=context)
    spoken: ssl.SSLObject = writer.get_extra_info("ssl_object")
    assert spoken.selected_alpn_protocol() == "h2"
    # At once: what nginx still has to say in HTTP/2 is of no interest.
    writer.transport.abort()


async def shows_nothing_of_the_inside(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).status_code == 200
    for inside in ("/metrics", "/actions/webhook"):
        assert (await client.get(inside)).status_code == 404


async def events_come_as_they_happen(visitor: Visitor) -> None:
    async with visitor.events() as events:
        # A proxy that buffers would keep the first event until there are some kilobytes.
        async with asyncio.timeout(60):
            assert (await events.next())[0] == "state"
        await visitor.say("question 1")
        async with asyncio.timeout(60):
            said = [(await events.until("message"))["text"] for _ in range(2)]
    assert said == ["question 1", "1: question 1"]


async def files_pass_and_too_large_ones_are_refused(visitor: Visitor) -> None:
    async def send(content: bytes) -> httpx.Response:
        return await uploads.send(visitor.client, f"{V}/attachments", content)

    picture = uploads.picture()
    assert (await send(picture)).status_code == 201
    # Below nginx's limit the product answers, above it nginx.
    told = await send(picture + bytes(11 * MB))
    assert (told.status_code, told.json()["error"]["code"]) == (413, "too_large")
    assert (await send(picture + bytes(13 * MB))).status_code == 413


async def a_server_less_is_not_noticed(visitor: Visitor, product: Product) -> None:
    for server in product.servers:
        starts = server.starts
        server.signal(signal.SIGTERM)
        while server.starts == starts:
            # Nobody is told of it: the other one is asked.
            assert (await visitor.client.get(f"{V}/messages")).status_code == 200
            await asyncio.sleep(0.02)
        await product.ready()
        # nginx leaves it alone for `fail_timeout`, in whole seconds of its own, and asks it then.
        asked_again = time.monotonic() + FAIL_TIMEOUT_S + 1
        while time.monotonic() < asked_again:
            assert (await visitor.client.get(f"{V}/messages")).status_code == 200
            await asyncio.sleep(0.1)


async def addresses_are_the_customers_own(proxy: Nginx) -> None:
    """Whoever claims another address each time is limited all the same, and nobody else is."""

    async def arrive(client: httpx.AsyncClient, number: int) -> int:
        claimed = {"X-Forwarded-For": f"203.0.113.{number % 250}"}
        return (await client.post(f"{V}/session", json={}, headers=claimed)).status_code

    async with customer(proxy, "127.0.0.3") as busy, customer(proxy, "127.0.0.4") as other:
        found: list[int] = []
        began = time.monotonic()
        # A hundred and twenty within a minute are let in, however long it takes to ask.
        while found.count(429) < 10 and time.monotonic() - began < 240:
            ten = (arrive(busy, number) for number in range(len(found), len(found) + 10))
            found += await asyncio.gather(*ten)
        assert found[:100] == [201] * 100
        assert found.count(429) >= 10
        assert await arrive(other, 1) == 201
