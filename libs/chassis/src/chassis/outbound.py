"""Calls to addresses that strangers name: https only, to public addresses only, to the very address that was checked.

A name is resolved anew for each call and the connection goes to the address found, so that a name cannot point
elsewhere between check and call; redirects are not followed, proxies of the environment not used. The launcher of a
local stack allows plain http and private addresses by a setting that no other deployment has.
"""

import asyncio
import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

import httpx
from refusals import Kind, Refusal

from chassis.logs import redact

TIMEOUT = 15.0  # seconds for everything: resolving, connecting, sending, the answer's status
KEPT = 1024  # bytes of the answer's body
_BODY_TIMEOUT = 2.0  # seconds for the body, which is only for people to look at
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SIXTOFOUR = ipaddress.ip_network("2002::/16")

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class TargetRefused(Refusal):
    """该地址不能作为推送地址。"""

    slug, kind = "target-refused", Kind.INVALID


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: a status, or `error` in one word; `body` is redacted and short."""

    status: int | None
    seconds: float
    body: str = ""
    error: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


def is_public(address: str) -> bool:
    """Whether an IP address lies in the open internet, also when it is an IPv4 address wrapped in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        elif ip in _SIXTOFOUR:
            inner = ipaddress.IPv4Address(int(ip) >> 80 & 0xFFFFFFFF)
        elif ip.teredo:
            return False
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:  # given up long ago, and in use still
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


def check_url(url: str, *, private: bool) -> tuple[str, int]:
    """Host and port of an address that may be called; raises `TargetRefused`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise TargetRefused("地址格式不正确。") from error
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes or not host:
        raise TargetRefused("地址须以 https:// 开头，并写明主机名。")
    if (
        parts.username
        or parts.password
        or parts.fragment
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        raise TargetRefused("地址中不得含有账号、密码、片段、空格或未编码的字符。")
    return host, port or (443 if parts.scheme == "https" else 80)


async def check_target(url: str, *, private: bool, resolver: Resolver = resolve) -> tuple[str, ...]:
    """The addresses behind a URL, all of which may be called; raises `TargetRefused`."""
    host, port = check_url(url, private=private)
    try:
        async with asyncio.timeout(5):
            addresses = await resolver(host, port)
    except (OSError, TimeoutError, UnicodeError) as error:
        raise TargetRefused("无法解析该主机名。") from error
    if not addresses:
        raise TargetRefused("无法解析该主机名。")
    if not private and not all(map(is_public, addresses)):
        raise TargetRefused("该主机名指向内部网络地址。")
    return tuple(addresses)


@lru_cache(maxsize=4)
def _trust(authorities: str | None) -> ssl.SSLContext:
    """The authorities that are trusted; reading them takes a while."""
    return httpx.create_ssl_context(verify=True, trust_env=True)


class Caller:
    """Posts to one URL; a connection is kept between calls as long as the address stays the same."""

    def __init__(
        self, url: str, *, private: bool, timeout: float = TIMEOUT, resolver: Resolver = resolve
    ) -> None:
        self._url = url
        self._private = private
        self._timeout = timeout
        self._resolver = resolver
        self._http = httpx.AsyncClient(
            follow_redirects=False, trust_env=False,
            # An address that swallows packets leaves time for the next one.
            timeout=httpx.Timeout(timeout, connect=timeout / 4),
            verify=_trust(os.environ.get("SSL_CERT_FILE")),
            limits=httpx.Limits(max_keepalive_connections=8, keepalive_expiry=5),
        )  # fmt: skip

    async def __aenter__(self) -> "Caller":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Post once; never raises for what the other side does."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(body, headers, began)
        except TimeoutError:
            error = "timeout"
        except TargetRefused:
            error = "target-refused"
        except (httpx.ConnectError, httpx.ConnectTimeout):
            error = "unreachable"
        except httpx.TimeoutException:
            error = "timeout"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            error = "broken-answer"
        return Answer(None, time.monotonic() - began, error=error)

    async def _post(self, body: bytes, headers: dict[str, str], began: float) -> Answer:
        addresses = await check_target(self._url, private=self._private, resolver=self._resolver)
        for last, address in enumerate(addresses, 1 - len(addresses)):
            try:
                async with self._http.stream(
                    "POST", _at(self._url, address), content=body, headers=headers | _own(self._url),
                    extensions={"sni_hostname": urlsplit(self._url).hostname},
                ) as response:  # fmt: skip
                    seconds = time.monotonic() - began
                    return Answer(response.status_code, seconds, await _beginning(response))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last == 0:
                    raise
        raise AssertionError("unreachable: the last address returns or raises")


def _at(url: str, address: str) -> str:
    """The URL with the address that was checked in the place of the name."""
    parts = urlsplit(url)
    host = f"[{address}]" if ":" in address else address
    place = f"{host}:{parts.port}" if parts.port else host
    return urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))


def _own(url: str) -> dict[str, str]:
    return {"Host": urlsplit(url).netloc, "User-Agent": "title-review", "Accept-Encoding": "identity"}


async def _beginning(response: httpx.Response) -> str:
    """The first bytes of the body as text that may be kept; the status counts however slow or broken it is."""
    kept = b""
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(_BODY_TIMEOUT):
            async for chunk in response.aiter_raw():
                kept += chunk[: KEPT - len(kept)]
                if len(kept) >= KEPT:
                    break
    return redact(kept.decode("utf-8", "replace").replace("\x00", "\ufffd"))
