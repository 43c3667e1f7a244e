"""Secrets that are in files of their own, as containers and systemd hand them over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from altegio_sync.config.files import find_file_problem, is_there
from altegio_sync.errors import ConfigError
from altegio_sync.messages import settings as texts
from altegio_sync.messages.os_errors import NO_SUCH_FILE
from altegio_sync.messages.words import LINES, join
from altegio_sync.settings_file import ENCODING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altegio_sync.messages import Message

#: Without these `serve` runs, and is open or deaf. So an empty file of theirs is a mistake.
_OPTIONAL = ("ALTEGIO_HOOK_SECRET", "ALTEGIO_PAGE_PASSWORD")
_SECRETS = ("ALTEGIO_COMPANY_TOKEN", "ALTEGIO_USER_TOKEN", "DB_URI", *_OPTIONAL)
#: The settings that name the files.
FILE_SETTINGS = tuple(f"{each}_FILE" for each in _SECRETS)
_MOST_BYTES = 100_000


def read_secret_files(settings_file: Path) -> dict[str, str]:
    """The secrets, by the names of their settings, that `…_FILE` names a file for.

    Raises:
        ConfigError: a file cannot be read, or a secret is set in both ways.
    """
    in_file = dotenv_values(settings_file, encoding=ENCODING) if is_there(settings_file) else {}
    variables = {name: value for name, value in in_file.items() if value}
    variables |= {name: value for name, value in os.environ.items() if value}
    named = [each for each in _SECRETS if variables.get(f"{each}_FILE")]
    problems = [each for name in named if (each := _find_problem(name, variables)) is not None]
    if problems:
        raise ConfigError(join(LINES, problems))
    found = {each: _read(Path(variables[f"{each}_FILE"])) for each in named}
    return {name: value for name, value in found.items() if value}


def _find_problem(name: str, variables: Mapping[str, str]) -> Message | None:
    if variables.get(name):
        return texts.SECRET_SET_TWICE(name=name, file_name=f"{name}_FILE")
    path = Path(variables[f"{name}_FILE"])
    reason = find_file_problem(path, _MOST_BYTES) if is_there(path) else NO_SUCH_FILE()
    if reason is None and name in _OPTIONAL and not _read(path).strip():
        reason = texts.IS_EMPTY()
    if reason is None:
        return None
    return texts.SECRET_UNREAD(name=f"{name}_FILE", path=str(path), reason=reason)


def _read(path: Path) -> str:
    """The content without the end of the line that editors and `echo` write."""
    return path.read_text(encoding=ENCODING).rstrip("\r\n")
