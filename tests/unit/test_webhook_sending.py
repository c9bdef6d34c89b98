"""Where the webhook channel may send to, what it makes of the answers, and how it is set up."""

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from channels.webhook.addresses import AddressRefused, CheckedTransport, may_go
from channels.webhook.delivery import NotTaken, judge, seconds_until
from support.delivery.outbox import DeliveryDelayed, DeliveryRefused
from tests.harness import settings_for

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
OURS = [
    "127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "198.18.0.1", "192.0.2.1", "240.0.0.1", "255.255.255.255", "::1", "fc00::1", "fd12::1",
    "fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::",
]  # fmt: skip
NOBODYS = [
    "0.0.0.0", "::", "169.254.169.254", "fe80::1", "224.0.0.1", "ff02::1",  # noqa: S104
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert may_go(ip_address(address), private=False)
    assert may_go(ip_address(address), private=True)


@pytest.mark.parametrize("address", OURS)
def test_our_own_network_has_to_be_allowed(address: str) -> None:
    assert not may_go(ip_address(address), private=False)
    assert may_go(ip_address(address), private=True)


@pytest.mark.parametrize("address", NOBODYS)
def test_some_addresses_are_never_allowed(address: str) -> None:
    assert not may_go(ip_address(address), private=False)
    assert not may_go(ip_address(address), private=True)


def meaning(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """`service.example` has these addresses."""
    found = [(2, 1, 6, "", (address, 0)) for address in addresses]
    monkeypatch.setattr("socket.getaddrinfo", lambda *given, **more: found)


async def test_the_connection_goes_to_a_checked_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name stays in the Host header, and is what the certificate is checked against."""
    meaning(monkeypatch, "2606:4700::1111", "93.184.215.14")
    tried: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        tried.append(httpx.Request(request.method, request.url, headers=request.headers))
        tried[-1].extensions = request.extensions
        if ":" in request.url.host:
            raise httpx.ConnectError("no IPv6 here")
        return httpx.Response(204)

    transport = CheckedTransport(httpx.MockTransport(answered), private=False)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        await client.post("https://service.example:8443/answers?shop=1", content=b"{}")
    assert [str(request.url) for request in tried] == [
        "https://[2606:4700::1111]:8443/answers?shop=1",
        "https://93.184.215.14:8443/answers?shop=1",
    ]
    assert {request.headers["host"] for request in tried} == {"service.example:8443"}
    assert {request.extensions["sni_hostname"] for request in tried} == {"service.example"}


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::1"], ["fe80::1%eth0"]]
)
async def test_nothing_goes_out_if_one_address_is_ours(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    meaning(monkeypatch, *addresses)

    def answered(request: httpx.Request) -> httpx.Response:
        raise AssertionError("something went out")

    transport = CheckedTransport(httpx.MockTransport(answered), private=False)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        with pytest.raises(AddressRefused) as refused:
            await client.post("https://service.example/", content=b"{}")
    assert not any(address in str(refused.value) for address in addresses)


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a" * 64 + ".example"])
async def test_a_name_that_is_none_is_tried_again(host: str) -> None:
    transport = CheckedTransport(httpx.MockTransport(lambda _: httpx.Response(204)), private=False)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(f"https://{host}/", content=b"{}")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
        ("0", 0),
        (" 30 ", 30),
        ("9" * 5000, 3600),
        ("Wed, 18 Nov 2026 03:01:30 GMT", 90),
        ("Wed, 18 Nov 2026 02:00:00 GMT", 0),
        ("Fri, 18 Nov 2099 02:00:00 GMT", 3600),
        ("Wed, 99 Nov 2026 03:01:30 GMT", None),
    ],
)
def test_how_long_to_wait(header: str | None, seconds: float | None) -> None:
    assert seconds_until(header, NOW) == seconds


def test_what_answers_mean() -> None:
    for status in (200, 202, 204):
        judge(status, None, NOW)
    for status in (408, 425, 429, 500, 502, 503):
        with pytest.raises(NotTaken):
            judge(status, None, NOW)
    for status in (301, 302, 308, 400, 401, 403, 404, 410, 413, 422):
        with pytest.raises(DeliveryRefused):
            judge(status, "5", NOW)
    with pytest.raises(DeliveryDelayed) as delayed:
        judge(429, "7", NOW)
    assert delayed.value.retry_after == 7


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("ftp://service.example/", "x" * 16),
        ("service.example", "x" * 16),
        ("https://", "x" * 16),
        ("https://service.example:port/", "x" * 16),
        ("https://[::1/", "x" * 16),
        ("https://service.example/", None),
        ("https://service.example/", "x" * 15),
    ],
)
def test_settings_that_cant_work_stop_the_start(
    tmp_path: Path, url: str, secret: str | None
) -> None:
    settings_for(tmp_path, webhook_url="https://service.example/", webhook_secret="x" * 16)
    with pytest.raises(ValidationError, match="(?i)webhook_(url|secret)"):
        settings_for(tmp_path, webhook_url=url, webhook_secret=secret)
