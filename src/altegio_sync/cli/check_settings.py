"""The checks of the settings and of their file. Their warnings do not prevent a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.config import SchoolOfFile, find_unknown_settings, settings_file
from altegio_sync.messages import check as texts
from altegio_sync.messages import check_names as names
from altegio_sync.messages.logs import SETTINGS_LINE_UNREAD
from altegio_sync.messages.settings import NO_SERVICE_LIST
from altegio_sync.settings_file import read_settings_file
from altegio_sync.usecases.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altegio_sync.config import SchoolConfig, SettingsSource
    from altegio_sync.settings_file import SettingsFile

#: Altegio's own limits. A faster run is refused for a while.
_MOST_PER_SECOND = 5
_MOST_PER_MINUTE = 200


def check_names(config: SchoolConfig, source: SettingsSource) -> Iterator[Check]:
    """Checks for complete settings, for names that are no settings, and for the services."""
    if isinstance(config, SchoolOfFile):
        file = str(source.schools_path)
        text = texts.SETTINGS_OF_SCHOOL(companies=config.company_ids, school=config.name, file=file)
        yield Check.good(names.SETTINGS(), text)
    else:
        yield from _check_environment(config, source.env_file)
    if not config.service_ids:
        yield Check.warning(names.SETTINGS(), NO_SERVICE_LIST(), texts.SET_SERVICE_LIST())


def _check_environment(config: SchoolConfig, env_file: Path | None) -> Iterator[Check]:
    file = settings_file(env_file)
    template = texts.SETTINGS_FROM_FILE if file.exists() else texts.SETTINGS_WITHOUT_FILE
    yield Check.good(names.SETTINGS(), template(companies=config.company_ids, file=str(file)))
    for each in find_unknown_settings(env_file):
        if each.meant is None:
            yield Check.good(names.SETTINGS(), texts.OF_OTHER_PROGRAMS(name=each.message))
        else:
            yield Check.warning(names.SETTINGS(), each.message, texts.CORRECT_NAME())


def check_settings(config: SchoolConfig, path: Path) -> Iterator[Check]:
    """Checks of the settings file, which may be missing, and of the limits of requests."""
    if (file := read_settings_file(path)) is not None:
        yield from _check_file(file)
    second, minute = config.requests_per_second, config.requests_per_minute
    windows = (
        ("ALTEGIO_REQUESTS_PER_SECOND", second, _MOST_PER_SECOND, texts.TOO_MANY_PER_SECOND),
        ("ALTEGIO_REQUESTS_PER_MINUTE", minute, _MOST_PER_MINUTE, texts.TOO_MANY_PER_MINUTE),
    )
    for alias, value, most, sentence in windows:
        if value > most:
            text = sentence(name=alias, value=value, most=most)
            yield Check.warning(
                names.REQUEST_LIMITS(), text, texts.SET_AT_MOST(name=alias, most=most)
            )


def _check_file(file: SettingsFile) -> Iterator[Check]:
    path = str(file.path)
    for line in file.unread_lines:
        text = SETTINGS_LINE_UNREAD(file=path, line=line)
        yield Check.warning(names.SETTINGS_FILE(), text, texts.CORRECT_LINE())
    if file.is_open_to_all:
        text = texts.FILE_OPEN_TO_ALL(file=path)
        yield Check.warning(names.SETTINGS_FILE(), text, texts.CHMOD(file=path))
