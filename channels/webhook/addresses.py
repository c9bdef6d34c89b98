"""Where our requests may go: not into the network that we stand in, whatever a name resolves to.

A name is resolved once for each request, all its addresses are checked, and the connection goes to
one of those; asking again while connecting would let a name mean something else by then (DNS
rebinding). The name stays what the certificate is checked against, and what the Host header says.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

Address = IPv4Address | IPv6Address
# These carry an IPv4 address in their last 32 bits: for gateways to translate, and of old.
_CARRYING_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
# Missing in is_global: a network's own gateways, and its own addresses as they once were.
_LOCAL = (IPv6Network("64:ff9b:1::/48"), IPv6Network("fec0::/10"))


class AddressRefused(Exception):
    """The name leads where we don't go, or nowhere else. Says no address: the desk shows it."""


def meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _CARRYING_IPV4):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def may_go(address: Address, *, private: bool) -> bool:
    """Whether a connection to `address` is allowed; `private`: also in our own network.

    Link-local addresses never are: clouds hand out credentials there.
    """
    there = meant(address)
    if there.is_multicast or there.is_link_local or there.is_unspecified:
        return False
    if private:
        return True
    return there.is_global and not any(there in network for network in _LOCAL)


class CheckedTransport(httpx.AsyncBaseTransport):
    """Sends through `inner`, to checked addresses only."""

    def __init__(self, inner: httpx.AsyncBaseTransport, *, private: bool) -> None:
        self._inner = inner
        self._private = private

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises AddressRefused."""
        host = request.url.host
        addresses = await _resolved(request)
        if not all(may_go(address, private=self._private) for address in addresses):
            raise AddressRefused("the address is not a public one")
        request.extensions = {**request.extensions, "sni_hostname": host}
        url = request.url
        for address in addresses[:-1]:
            request.url = url.copy_with(host=str(address))
            try:
                return await self._inner.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        request.url = url.copy_with(host=str(addresses[-1]))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _resolved(request: httpx.Request) -> list[Address]:
    """All addresses of the request's host, at least one. Raises httpx.ConnectError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            request.url.host, None, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError("the name can't be resolved", request=request) from error
    # A zone (`fe80::1%eth0`) belongs to addresses that are refused anyway.
    texts = dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found)
    return [ip_address(text) for text in texts]
