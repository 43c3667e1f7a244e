"""Who may see the page: whoever knows the password; without a password, only this machine."""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata
from functools import wraps
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import anyio

from altegio_sync.domain.hosts import is_loopback
from altegio_sync.errors import ConfigError
from altegio_sync.messages import serve as texts
from altegio_sync.web.answers import explain

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from altegio_sync.web.readers import Readers

    Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

_DELAY_S = 1.0
_MOST_WAITING = 50
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="altegio-sync", charset="UTF-8"'}
#: Headers of proxies and of networks in front of web servers. No browser sends them.
_FORWARDING = re.compile(r".*forwarded.*|.*-ip|.*-external-address|via|x-original-.*|cdn-loop")


class Guard:
    """Refuses requests before their endpoint gets them.

    A wrong password is answered after ``delay_s``. At most ``most_waiting`` requests wait for such
    an answer, the others are refused at once. The right password always passes, since behind a
    proxy everybody has the same address.
    """

    def __init__(
        self,
        password: str | None,
        readers: Readers,
        *,
        delay_s: float = _DELAY_S,
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        self._password = None if password is None else _digest(password)
        self._readers = readers
        self._delay_s = delay_s
        self._most_waiting = most_waiting
        self._waiting = 0

    def protect(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint, for those who may see what it answers."""

        @wraps(endpoint)
        async def guarded(request: Request) -> Response:
            return await self._refuse(request) or await endpoint(request)

        return guarded

    async def _refuse(self, request: Request) -> Response | None:
        """None if the request passes."""
        language = self._readers.language_of(request)
        if self._password is None:
            if _is_from_here(request):
                return None
            text = texts.PAGE_ONLY_HERE()
            return explain(403, texts.PAGE_NOT_SHOWN(), text, language=language)
        given = request.headers.get("authorization")
        if given is not None:
            if hmac.compare_digest(_digest(_read_password(given)), self._password):
                return None
            if not await self._delay():
                text = texts.PAGE_TOO_MANY()
                return explain(429, texts.PAGE_NOT_SHOWN(), text, language=language)
        text = texts.PAGE_ASKS_PASSWORD()
        return explain(401, texts.PAGE_NOT_SHOWN(), text, language=language, headers=_CHALLENGE)

    async def _delay(self) -> bool:
        """Wait; False at once if too many wait already."""
        if self._waiting >= self._most_waiting:
            return False
        self._waiting += 1
        try:
            await anyio.sleep(self._delay_s)
        finally:
            self._waiting -= 1
        return True


def check_page(listening: socket.socket, *, has_page: bool, has_password: bool) -> None:
    """Raises ConfigError if the page could be seen from other machines without a password."""
    if has_page and not has_password and not is_loopback(listening.getsockname()[0]):
        raise ConfigError(texts.PAGE_NEEDS_PASSWORD())


def _read_password(header: str) -> str:
    """The password of HTTP Basic; empty if the header has none. A password may contain colons."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return ""
    return decoded.partition(":")[2]


def _digest(password: str) -> bytes:
    """Of one length, so that a comparison does not show how long the password is."""
    return sha256(unicodedata.normalize("NFC", password.strip()).encode()).digest()


def _is_from_here(request: Request) -> bool:
    """Whether a browser of this machine asked, and no proxy.

    A web page may give its own host name the address 127.0.0.1, and then read what is here. Its
    requests have its name as `Host`. nginx speaks HTTP/1.0 by default and adds no header; no
    browser does so.
    """
    names = request.headers.keys()
    is_forwarded = any(_FORWARDING.fullmatch(name) for name in names)
    peer = request.client.host if request.client else ""
    return (
        not is_forwarded
        and request.scope["http_version"] != "1.0"
        and is_loopback(peer)
        and is_loopback(_host_name(request.headers.get("host", "")))
    )


def _host_name(host: str) -> str:
    """The name without the port; empty if the header cannot be read."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
