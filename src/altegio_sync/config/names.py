"""The names of the settings: which of them are set, and which other names are nearly theirs."""

from __future__ import annotations

import os
from pathlib import Path

from dotenv.parser import parse_stream

from altegio_sync.config.values import SchoolConfig
from altegio_sync.domain.setting_names import UnknownName, find_unknown

#: The last of them belong to other parts of the program.
KNOWN_SETTINGS = (
    *(str(each.validation_alias) for each in SchoolConfig.model_fields.values()),
    "ALTEGIO_LANG",
    "ALTEGIO_SCHOOLS_FILE",
)


def settings_file(env_file: Path | None = None) -> Path:
    """The full path of the file, by default of `.env` in the working directory."""
    return (env_file or Path(".env")).absolute()


def find_unknown_settings(env_file: Path | None = None) -> list[UnknownName]:
    """Names in the settings file that are no settings, and such in the environment that are near.

    The school's server may have `ALTEGIO_` names of its own in both.
    """
    in_file = find_unknown(names_in(settings_file(env_file)), KNOWN_SETTINGS)
    in_environment = find_unknown(os.environ, KNOWN_SETTINGS)
    known = {each.name for each in in_file}
    near = [each for each in in_environment if each.meant is not None and each.name not in known]
    return in_file + near


def find_mistyped_settings(env_file: Path | None = None) -> list[UnknownName]:
    """Names that are nearly those of settings which are not set; others are hardly slips."""
    found = find_unknown_settings(env_file)
    return [each for each in found if each.meant is not None and not is_set(each.meant, env_file)]


def is_set(name: str, env_file: Path | None = None) -> bool:
    """Whether the setting has a value, in the environment or in the file."""
    return bool(os.environ.get(name) or name in names_in(settings_file(env_file)))


def names_in(path: Path) -> list[str]:
    if not path.is_file():
        return []  # a pipe may never end, nor begin
    try:
        with path.open(encoding="utf-8-sig") as file:
            return [each.key for each in parse_stream(file) if each.key]
    except (OSError, UnicodeDecodeError):
        return []
