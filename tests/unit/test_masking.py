"""The password of an address is not shown while it is typed."""

from __future__ import annotations

import pytest

from altegio_sync.cli.masking import mask_password


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("mongodb://olena:secret@host/school", "mongodb://olena:******@host/school"),
        ("mongodb://olena:p@ss:w@host:1/school", "mongodb://olena:******@host:1/school"),
        ("mongodb://olena:secr", "mongodb://olena:****"),
        ("mongodb://127.0.0.1:27017/school", "mongodb://127.0.0.1:27017/school"),
        ("mongodb://127.0.0.1:2701", "mongodb://127.0.0.1:2701"),
        ("mongodb://one:1,two:2/school", "mongodb://one:1,two:2/school"),
        ("embedded", "embedded"),
    ],
)
def test_only_the_password_is_hidden(typed: str, shown: str) -> None:
    assert mask_password(typed) == shown
