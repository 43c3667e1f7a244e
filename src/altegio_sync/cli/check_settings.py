"""What `check` says of the settings and of their file, though a run can go on with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.settings_file import read_settings_file
from altegio_sync.usecases.check import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altegio_sync.config import SchoolConfig
    from altegio_sync.settings_file import SettingsFile

#: Altegio's own limits; a run that is faster is refused for a while.
_MOST_PER_SECOND = 5
_MOST_PER_MINUTE = 200


def check_settings(config: SchoolConfig, path: Path) -> Iterator[Finding]:
    """``path`` is of the settings file, which need not be there."""
    if (file := read_settings_file(path)) is not None:
        yield from _check_file(file)
    windows = (
        ("ALTEGIO_REQUESTS_PER_SECOND", config.requests_per_second, _MOST_PER_SECOND, "second"),
        ("ALTEGIO_REQUESTS_PER_MINUTE", config.requests_per_minute, _MOST_PER_MINUTE, "minute"),
    )
    for name, value, most, unit in windows:
        if value > most:
            text = f"{name} is {value:g}, but Altegio allows {most} requests a {unit}"
            yield Finding.warning("request limits", text, f"set {name} to {most} at most")


def _check_file(file: SettingsFile) -> Iterator[Finding]:
    for line in file.unread_lines:
        text = f"{file.path}, line {line}: not read, since it is not NAME=value"
        yield Finding.warning("settings file", text, "correct it, or put # in front of it")
    if file.is_open_to_all:
        text = f"every user of this machine may read {file.path}, and the tokens in it"
        yield Finding.warning("settings file", text, f"chmod 600 {file.path}")
