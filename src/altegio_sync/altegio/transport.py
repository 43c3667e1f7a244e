"""One request over HTTP: an answer of limited size, or an error that says what is wrong."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import anyio
import httpx2

from altegio_sync.altegio.address import check_address, is_host, shown_host
from altegio_sync.altegio.environment import open_client, proxy_variable
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioUnavailableError,
    ConfigError,
    NotAltegioError,
)
from altegio_sync.messages import api as texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from altegio_sync.altegio.protocol import Request
    from altegio_sync.messages import Message

#: The size after unpacking. A page of 1000 records has 3 MB.
MAX_BODY_BYTES = 64 * 1024 * 1024
_ATTEMPT_SECONDS = 60.0
_REDIRECTS = range(300, 400)
_NOT_MODIFIED = 304
#: Permanent redirects: from now on the other path may be requested.
_PERMANENT = (301, 308)
_PROXY_ASKS_WHO = 407
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
#: What is wrong with a certificate, by OpenSSL's error number.
_CERTIFICATES = {
    9: texts.CERTIFICATE_NOT_YET_VALID,
    10: texts.CERTIFICATE_EXPIRED,
    62: texts.CERTIFICATE_OF_ANOTHER_HOST,
    64: texts.CERTIFICATE_OF_ANOTHER_HOST,
}


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer, not yet interpreted."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Sends requests to one address; it never follows a redirect by itself.

    Raises:
        ConfigError: the address, or a variable of the environment, cannot be used.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        try:
            check_address(url)
        except ValueError as error:
            raise ConfigError(texts.INVALID_ADDRESS(reason=error.args[0])) from None
        self.url = url.rstrip("/")
        self._client = open_client(url, headers)
        #: The first parts of the paths for which the server requires a slash at the end.
        self._with_slash: set[str] = set()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def send(self, request: Request) -> RawAnswer:
        """One try; raises AltegioUnavailableError, NotAltegioError, AltegioRejectedError."""
        try:
            with anyio.fail_after(_ATTEMPT_SECONDS):
                async with self._client.stream(
                    "GET" if request.body is None else "POST",
                    self._path(request),
                    params=request.params,
                    json=request.body,
                ) as response:
                    body = await _read_body(response)
        except (httpx2.HTTPError, OSError, OverflowError) as error:
            # The library's text may contain the URL, so it is not shown.
            raise self._to_error(error) from error
        return RawAnswer(response.status_code, response.headers, body)

    def _path(self, request: Request) -> str:
        adds = request.path.split("/")[0] in self._with_slash and not request.path.endswith("/")
        return f"{request.path}/" if adds else request.path

    def adds_slash(self, request: Request, answer: RawAnswer) -> bool:
        """Whether the server redirects to the same path with a slash; remembers this.

        Raises:
            NotAltegioError: another redirect. The tokens must not be sent to its target.
        """
        if answer.status not in _REDIRECTS or answer.status == _NOT_MODIFIED:
            return False
        asked = f"{self.url}/{self._path(request)}"
        target = _join(asked, answer.headers.get("location", ""))
        if answer.status in _PERMANENT and _is_with_slash(asked, target):
            self._with_slash.add(request.path.split("/")[0])
            return True
        where = _shown_target(asked, target) if target else texts.NO_READABLE_ADDRESS()
        raise NotAltegioError(texts.REDIRECT(status=answer.status, target=where))

    def _to_error(self, error: Exception) -> AltegioError:
        proxy = proxy_variable(self.url)
        if isinstance(error, httpx2.TimeoutException | TimeoutError):
            if proxy:
                return AltegioUnavailableError(texts.NO_ANSWER_THROUGH_PROXY(variable=proxy))
            return AltegioUnavailableError(texts.NO_ANSWER_IN_TIME())
        if isinstance(error, httpx2.DecodingError):
            return AltegioUnavailableError(texts.CANNOT_BE_UNPACKED())
        where = texts.THE_PROXY_IN(variable=proxy) if proxy else shown_host(self.url)
        if isinstance(error, httpx2.ProxyError):
            return _refused_by_proxy(where, proxy, str(error))
        causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                text = _CERTIFICATES.get(cause.verify_code, texts.CERTIFICATE_NOT_TRUSTED)
                return NotAltegioError(text(host=shown_host(self.url)))
        if isinstance(error, httpx2.RemoteProtocolError):
            no_http = _why_no_http(str(error), where, proxy)
            return AltegioUnavailableError(texts.NOT_REACHED(reason=no_http))
        found = (_why(each, where, proxy) for each in causes)
        other = texts.OTHER_FAILURE(kind=type(error).__name__, where=where)
        reason = next(filter(None, found), other)
        return AltegioUnavailableError(texts.NOT_REACHED(reason=reason))


async def _read_body(response: httpx2.Response) -> bytes:
    """The unpacked body. Its size is counted while reading: a few bytes can unpack to gigabytes."""
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise AltegioRejectedError(texts.TOO_LARGE(mebibytes=MAX_BODY_BYTES // 2**20))
        parts.append(part)
    return b"".join(parts)


def _refused_by_proxy(where: Message | str, variable: str | None, text: str) -> AltegioError:
    status = re.match(r"[0-9]{3}\b", text)
    if status is None:
        return AltegioUnavailableError(
            texts.NOT_REACHED(reason=texts.CONNECTION_NOT_MADE(where=where))
        )
    if int(status[0]) == _PROXY_ASKS_WHO and variable is not None:
        return NotAltegioError(texts.PROXY_ASKS_WHO(variable=variable))
    why = texts.CONNECTION_REFUSED_WITH_STATUS(where=where, status=status[0])
    return AltegioUnavailableError(texts.NOT_REACHED(reason=why))


def _why(cause: BaseException, where: Message | str, proxy: str | None) -> Message | None:
    """What is wrong, and what to check; None if the cause does not show it."""
    setting = proxy or "ALTEGIO_API_URL"
    match cause:
        case socket.gaierror():
            return texts.HOST_UNKNOWN(where=where, setting=setting)
        case ConnectionRefusedError():
            return texts.CONNECTION_REFUSED(where=where, setting=setting)
        case ssl.SSLError():
            return texts.NO_TLS(where=where, setting=setting)
        case OSError(errno=number) if number in _NO_WAY:
            return texts.NO_WAY(where=where)
        case ConnectionResetError() | BrokenPipeError():
            return texts.BROKEN_OFF(where=where)
        case _:
            return None


def _why_no_http(text: str, where: Message | str, proxy: str | None) -> Message:
    """The reason by the HTTP library's text, which is never shown: it may quote the answer."""
    if "closed connection" in text or "disconnected" in text:
        return texts.BROKEN_OFF(where=where)
    return texts.NO_HTTP(where=where, setting=proxy or "ALTEGIO_API_URL")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all its causes, each once, since a chain of causes can be a circle."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        left += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            left += each.exceptions


def _join(asked: str, location: str) -> str | None:
    try:
        return urljoin(asked, location) if location else None
    except ValueError:
        return None


def _is_with_slash(asked: str, target: str | None) -> bool:
    """Whether only a slash is added: same scheme, host and port, and no query."""
    try:
        here, there = urlsplit(asked), urlsplit(target or "")
        return (
            (there.scheme, there.hostname, there.port, there.path)
            == (here.scheme, here.hostname, here.port, f"{here.path}/")
            and "@" not in there.netloc
            and not here.path.endswith("/")
        )
    except ValueError:
        return False


def _shown_target(asked: str, target: str) -> Message | str:
    here, there = urlsplit(asked), urlsplit(target)  # `urljoin` has parsed it already
    if there.scheme not in ("http", "https") or not is_host(there.hostname or ""):
        return texts.NO_READABLE_ADDRESS()
    host = shown_host(target)
    if (there.scheme, there.netloc) == (here.scheme, here.netloc):
        return texts.ANOTHER_PATH(host=host)
    return f"{there.scheme}://{host}"
