"""Checks the address of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from altegio_sync.domain.hosts import is_loopback
from altegio_sync.messages import api as texts

if TYPE_CHECKING:
    from altegio_sync.messages import Message


def check_address(address: str) -> None:
    """Raises ValueError; the message does not contain the address, which may contain a secret."""
    expected = ValueError(texts.ADDRESS_EXPECTED())
    # The HTTP client would refuse such an address only later, when the client is created.
    if not (address.isascii() and address.isprintable()) or " " in address or "\\" in address:
        raise expected
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        raise expected from None
    if "@" in parts.netloc:
        # The client would send the user name and the password instead of the two tokens.
        raise ValueError(texts.ADDRESS_HAS_USER())
    if "?" in address or "#" in address:
        raise ValueError(texts.ADDRESS_HAS_QUERY())
    if not is_address or not is_host(parts.hostname or ""):
        raise expected
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(texts.ADDRESS_PLAIN_HTTP())


def is_host(host: str) -> bool:
    """Whether the name has the form of a host's name."""
    if not host or not host.isprintable() or set(host) & set(" %/\\@"):
        return False
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def shown_host(address: str) -> Message | str:
    """The host and port of an address, without a user name and a password."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return texts.UNREADABLE_ADDRESS()
    if not is_host(host):
        return texts.UNREADABLE_ADDRESS()
    host = f"[{host}]" if ":" in host else host
    return host if port is None else f"{host}:{port}"
