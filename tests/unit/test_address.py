"""Which addresses the API can be asked at, and what the environment sets for the HTTP client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from altegio_sync.altegio.address import check_address, is_host, shown_host
from altegio_sync.altegio.environment import check_environment, open_client, proxy_variable
from altegio_sync.domain.hosts import is_loopback
from altegio_sync.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://api.alteg.io/api/v1"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("::1%lo", True),
        ("::ffff:127.0.0.1", True),
        ("localhost.", True),
        ("127.0.0.1%lo", False),
        ("localhost.example.com", False),
        ("127.example.com", False),
        ("127.0.0.1.example.com", False),
        ("api.alteg.io", False),
        ("", False),
    ],
)
def test_only_loopback_itself_is_reached_without_the_environments_proxy(
    host: str, *, expected: bool
) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    "address",
    [URL, f"{URL}/", "https://10.0.0.1:8443/x", "https://[2001:db8::1]/", "http://127.0.0.1:1/api"],
)
def test_an_address_over_tls_or_on_loopback_is_taken(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://user:pass-SECRET@api.alteg.io/api/v1", "no user name and no password"),
        ("https://tok-SECRET@api.alteg.io/api/v1", "no user name and no password"),
        ("https://@api.alteg.io/api/v1", "no user name and no password"),
        ("https://:@api.alteg.io/api/v1", "no user name and no password"),
        (f"{URL}?token=tok-SECRET", "no [?] and no #"),
        (f"{URL}?", "no [?] and no #"),
        (f"{URL}#tok-SECRET", "no [?] and no #"),
        (f"{URL}/records#", "no [?] and no #"),
        ("http://api.alteg.io/api/v1", "use https"),
        ("http://127.0.0.1.example.com", "use https"),
        ("https://", "expected an address"),
        ("api.alteg.io", "expected an address"),
        ("ftp://api.alteg.io", "expected an address"),
        ("https://api..alteg.io", "expected an address"),
        (f"https://{'a' * 64}.io", "expected an address"),
        ("https://api.alteg.io:0", "expected an address"),
        ("https://api.alteg.io:65536", "expected an address"),
        ("https://api.alteg.io:x", "expected an address"),
        ("https://api.alteg.io\\@other.example", "expected an address"),
        ("https://[::1", "expected an address"),
        ("https://api alteg.io", "expected an address"),
        ("https://апі.example", "expected an address"),
        ("https://api.alteg.io/\n", "expected an address"),
        ("https://api%2ealteg.io", "expected an address"),
        ("", "expected an address"),
    ],
)
def test_no_other_address_is_taken_and_none_is_shown(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as raised:
        check_address(address)

    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("host", ["a" * 64, "a..b", "", "a b", "a@b", "a/b", "a\x1b[2J"])
def test_what_is_no_host_is_known(host: str) -> None:
    assert not is_host(host)
    assert str(shown_host(f"https://{host}")) in ("an unreadable address", "b", "a")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (URL, "api.alteg.io"),
        ("https://user:pw@[::1]:8443/x", "[::1]:8443"),
        ("https://api.alteg.io:x", "an unreadable address"),
    ],
)
def test_a_host_is_shown_without_who_asks(address: str, shown: str) -> None:
    assert str(shown_host(address)) == shown


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"])
@pytest.mark.parametrize(
    "value",
    [
        "http://user:tok-SECRET@host:port",
        "http://",
        "http://:3128",
        "ftp://tok-SECRET",
        "socks4://tok-SECRET:1",
        "tok-SECRET:99999",
        "host:0",
        "http://[::1",
        "http://tok SECRET",
        "http://tok..SECRET",
        "\x01",
        "://x",
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match=f"^Invalid {name}: expected the address of a") as raised:
        check_environment(URL)

    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_needs_a_package_that_is_named(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:pass-SECRET@127.0.0.1:1080")

    with pytest.raises(ConfigError, match=r"^ALL_PROXY names a SOCKS proxy.* install socksio"):
        check_environment(URL)


async def test_what_can_be_used_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@127.0.0.1:3128")
    monkeypatch.setenv("ALL_PROXY", "127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", "localhost, [, ://, a b, 10.0.0.0/8")

    await open_client(URL, {}).aclose()
    assert proxy_variable(URL) == "HTTPS_PROXY"
    assert proxy_variable("https://127.0.0.1/") is None


def test_a_proxy_is_not_looked_at_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://")

    check_environment("http://127.0.0.1:1/api")


def test_no_proxy_for_the_host_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", ".alteg.io")

    assert proxy_variable(URL) is None


@pytest.mark.parametrize("kind", ["missing", "empty", "no certificate", "a folder"])
def test_certificates_that_cannot_be_read_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "cert.pem"
    if kind == "a folder":
        path.mkdir()
    elif kind != "missing":
        path.write_text("" if kind == "empty" else "no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))

    with pytest.raises(ConfigError, match=f"^Invalid SSL_CERT_FILE: {path} cannot be read"):
        check_environment(URL)


def test_a_folder_of_certificates_that_is_none_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path}/none:{tmp_path}/neither")

    with pytest.raises(ConfigError, match=r"^Invalid SSL_CERT_DIR: there is no folder "):
        check_environment(URL)

    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path}/none:{tmp_path}")
    check_environment(URL)


def test_a_file_for_keys_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSLKEYLOGFILE", f"{tmp_path}/none/keys")

    with pytest.raises(ConfigError, match=r"^Invalid SSLKEYLOGFILE: "):
        check_environment(URL)
