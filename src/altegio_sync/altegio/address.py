"""Which addresses the API can be asked at."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def check_address(address: str) -> None:
    """Raises ValueError with a text for people, without the address: it may hold a secret."""
    expected = ValueError("expected an address such as https://api.alteg.io/api/v1")
    # What the HTTP client would refuse only when it is made.
    if not (address.isascii() and address.isprintable()) or " " in address or "\\" in address:
        raise expected
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        raise expected from None
    if "@" in parts.netloc:
        # The client would send them in place of both tokens.
        raise ValueError("the address must have no user name and no password in it")
    if "?" in address or "#" in address:
        raise ValueError("the address must end with its path: no ? and no #")
    if not is_address or not is_host(parts.hostname or ""):
        raise expected
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("plain http would show the tokens to the network: use https")


def is_host(host: str) -> bool:
    """Whether the name can be looked up at all."""
    if not host or not host.isprintable() or set(host) & set(" %/\\@"):
        return False
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def shown_host(address: str) -> str:
    """The host and port of an address, without a user name and a password."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an unreadable address"
    if not is_host(host):
        return "an unreadable address"
    host = f"[{host}]" if ":" in host else host
    return host if port is None else f"{host}:{port}"
