"""The names of the settings: which are set, and which other names are similar to them."""

from __future__ import annotations

import os
from pathlib import Path

from dotenv.parser import parse_stream

from altegio_sync.config.secret_files import FILE_SETTINGS
from altegio_sync.config.values import SchoolConfig
from altegio_sync.domain.setting_names import UnknownName, find_unknown

#: The last names belong to other parts of the program.
KNOWN_SETTINGS = (
    *(str(each.validation_alias) for each in SchoolConfig.model_fields.values()),
    "ALTEGIO_LANG",
    "ALTEGIO_SCHOOLS_FILE",
    *FILE_SETTINGS,
)


def settings_file(env_file: Path | None = None) -> Path:
    """The full path of the file, by default of `.env` in the working directory."""
    return (env_file or Path(".env")).absolute()


def find_unknown_settings(env_file: Path | None = None) -> list[UnknownName]:
    """Names in the settings file that are not settings, and similar names in the environment.

    The school's server may have its own `ALTEGIO_` names in both.
    """
    in_file = find_unknown(names_in(settings_file(env_file)), KNOWN_SETTINGS)
    in_environment = find_unknown(os.environ, KNOWN_SETTINGS)
    known = {each.name for each in in_file}
    near = [each for each in in_environment if each.meant is not None and each.name not in known]
    return in_file + near


def find_mistyped_settings(env_file: Path | None = None) -> list[UnknownName]:
    """Names that are similar to settings which are not set; other names are hardly mistakes."""
    found = find_unknown_settings(env_file)
    return [each for each in found if each.meant is not None and not is_set(each.meant, env_file)]


def is_set(name: str, env_file: Path | None = None) -> bool:
    """Whether the setting has a value, in the environment or in the file."""
    return bool(os.environ.get(name) or name in names_in(settings_file(env_file)))


def names_in(path: Path) -> list[str]:
    if not path.is_file():
        return []  # a pipe may never end, or never begin
    try:
        with path.open(encoding="utf-8-sig") as file:
            return [each.key for each in parse_stream(file) if each.key]
    except (OSError, UnicodeDecodeError):
        return []
