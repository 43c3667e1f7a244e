"""What of the HTTP client is decided without asking anything."""

from __future__ import annotations

import pytest

from altegio_sync.altegio.api import _is_loopback


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost.example.com", False),
        ("127.example.com", False),
        ("api.alteg.io", False),
    ],
)
def test_only_loopback_itself_is_reached_without_the_environments_proxy(
    host: str, *, expected: bool
) -> None:
    assert _is_loopback(host) is expected
