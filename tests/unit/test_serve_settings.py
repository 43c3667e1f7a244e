"""The settings of `serve`."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest

from altegio_sync.config import SchoolConfig, load_settings
from altegio_sync.errors import ConfigError
from altegio_sync.log import Redaction

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "hook-SECRET-one-" + "1" * 20, "hook_SECRET_two_" + "2" * 20
PASSWORD = "page-SECRET-3"


def load(folder: Path, **variables: str) -> SchoolConfig:
    file = folder / "settings.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return load_settings(file, required=())


def test_without_settings_there_is_no_secret_and_a_poll_every_5_minutes(tmp_path: Path) -> None:
    config = load(tmp_path)

    assert config.hook_secrets == ()
    assert config.page_password is None
    assert (config.poll_every, config.recheck_at) == (timedelta(minutes=5), time(3, 15))


def test_two_secrets_hold_while_the_secret_is_being_changed(tmp_path: Path) -> None:
    config = load(tmp_path, ALTEGIO_HOOK_SECRET=f" {ONE} , {TWO} ", ALTEGIO_PAGE_PASSWORD=PASSWORD)

    assert config.hook_secrets == (ONE, TWO)
    assert "SECRET" not in f"{config!r} {config}"
    shown = Redaction(config.secrets)(f"POST /hooks/{ONE} /hooks/{TWO} user:{PASSWORD}")
    assert shown == "POST /hooks/*** /hooks/*** user:***"


def test_secrets_may_be_in_files(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(f"{ONE}\n")
    (tmp_path / "page").write_text(f"{PASSWORD}\n")

    config = load(
        tmp_path,
        ALTEGIO_HOOK_SECRET_FILE=str(tmp_path / "hook"),
        ALTEGIO_PAGE_PASSWORD_FILE=str(tmp_path / "page"),
    )

    assert config.hook_secrets == (ONE,)
    assert {ONE, PASSWORD} <= set(config.secrets)


@pytest.mark.parametrize(
    ("poll", "recheck", "expected"),
    [
        ("90s", "3:05", (timedelta(seconds=90), time(3, 5))),
        (" 1h ", " OFF ", (timedelta(hours=1), None)),
        ("1d", "23:59", (timedelta(days=1), time(23, 59))),
    ],
)
def test_a_span_and_a_time_are_read(
    tmp_path: Path, poll: str, recheck: str, expected: tuple[timedelta, time | None]
) -> None:
    config = load(tmp_path, ALTEGIO_POLL_EVERY=poll, ALTEGIO_RECHECK_AT=recheck)

    assert (config.poll_every, config.recheck_at) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("ALTEGIO_POLL_EVERY", each) for each in ("0", "5", "25h", "-5m", "often")),
        *(("ALTEGIO_RECHECK_AT", each) for each in ("24:00", "3", "03:60", "03:15:00", "never")),
        *(("ALTEGIO_HOOK_SECRET", each) for each in (ONE[:31], f"{ONE},", f"{ONE}/", f"{ONE} x")),
    ],
)
def test_another_value_is_refused_and_a_secret_is_not_shown(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(ConfigError, match=f"^Invalid {name}: expected") as caught:
        load(tmp_path, **{name: value})

    assert "SECRET" not in str(caught.value).replace("HOOK_SECRET", "")
