"""Opens the HTTP client. An error names the variable of the environment that is wrong."""

from __future__ import annotations

import os
import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import httpx2

from altegio_sync.altegio.address import is_host
from altegio_sync.domain.hosts import is_loopback
from altegio_sync.errors import ConfigError
from altegio_sync.messages import api as texts
from altegio_sync.messages.foreign_text import plain
from altegio_sync.messages.os_errors import os_reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altegio_sync.messages import Message

_PORTS = range(1, 65_536)
_LONGEST_PATH = 200


def open_client(url: str, headers: Mapping[str, str]) -> httpx2.AsyncClient:
    """A client for paths below ``url``.

    Raises:
        ConfigError: the client cannot use a variable of the environment; the message names it.
    """
    parts = urlsplit(url)
    # A proxy from the environment is not used for this machine itself.
    uses_proxies = not is_loopback(parts.hostname or "")
    if uses_proxies:
        _check_proxies()
    try:
        return httpx2.AsyncClient(
            base_url=url.rstrip("/") + "/",
            headers=dict(headers),
            timeout=httpx2.Timeout(30.0, connect=10.0),
            # Without TLS no certificate is needed, and reading all certificates is slow.
            verify=_tls() if parts.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=uses_proxies,
        )
    except (ValueError, ImportError, OSError, httpx2.InvalidURL):
        raise ConfigError(texts.UNUSABLE_ENVIRONMENT()) from None


def check_environment(url: str) -> None:
    """Raises ConfigError like `open_client`; costs nothing if no such variable is set."""
    names = {name.lower() for name in os.environ}
    ours = {"ssl_cert_file", "ssl_cert_dir", "http_proxy", "https_proxy", "all_proxy", "no_proxy"}
    if names & ours:
        open_client(url, {})


def proxy_variable(url: str) -> str | None:
    """The variable whose proxy is used for ``url``; None if no proxy is used."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies_environment()
    used = next((each for each in (parts.scheme, "all") if proxies.get(each)), None)
    return None if used is None else _variable(f"{used}_proxy", proxies[used])


def _variable(name: str, value: str) -> str:
    """The name in the spelling of the environment: small and capital letters may both be set."""
    found = [each for each in os.environ if each.lower() == name]
    return next((each for each in found if os.environ[each] == value), name.upper())


def _check_proxies() -> None:
    for scheme, value in getproxies_environment().items():
        if scheme not in ("http", "https", "all") or not value:
            continue
        name = _variable(f"{scheme}_proxy", value)
        # The value may contain a password, so it is never shown.
        try:
            proxy = httpx2.Proxy(value if "://" in value else f"http://{value}").url
        except (ValueError, httpx2.InvalidURL):
            proxy = httpx2.URL("")
        if not is_host(proxy.host) or (proxy.port is not None and proxy.port not in _PORTS):
            raise ConfigError(texts.INVALID_PROXY(variable=name))
        if proxy.scheme.startswith("socks") and find_spec("socksio") is None:
            raise ConfigError(texts.NO_SOCKS(variable=name))


def _tls() -> ssl.SSLContext:
    """The trusted certificates: those of the environment's variables, else of the system."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not file and folder and not any(Path(each).is_dir() for each in folder.split(os.pathsep)):
        path = plain(folder, _LONGEST_PATH)
        raise ConfigError(texts.NO_CERTIFICATE_FOLDER(path=path))
    try:
        return httpx2.create_ssl_context()
    except (OSError, ValueError) as error:
        if file and not _is_usable(file):
            why: Message | str = texts.HOLDS_NO_CERTIFICATE()
            if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
                why = os_reason(error)
            path = plain(file, _LONGEST_PATH)
            raise ConfigError(texts.UNREADABLE_CERTIFICATE_FILE(path=path, reason=why)) from None
        if key_log := os.environ.get("SSLKEYLOGFILE"):
            path = plain(key_log, _LONGEST_PATH)
            raise ConfigError(texts.UNWRITABLE_KEY_LOG(path=path)) from None
        raise


def _is_usable(file: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except (OSError, ValueError):
        return False
    return True
