"""Reads the settings once, from the environment and from `.env`."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from altegio_sync.config.names import find_unknown_settings, names_in, settings_file
from altegio_sync.config.values import EMBEDDED, MAX_PAGE_SIZE, SchoolConfig
from altegio_sync.domain.foreign_text import OwnLines, shown
from altegio_sync.domain.setting_names import UnknownName
from altegio_sync.errors import ConfigError
from altegio_sync.settings_file import ENCODING, without_the_parsers_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

#: What a setting is, for those who lack it: name -> where it is found.
HINTS = {
    "ALTEGIO_COMPANY_ID": "the location's number, in the address of its pages in Altegio",
    "ALTEGIO_COMPANY_TOKEN": "the partner token, from your developer account in the marketplace",
    "ALTEGIO_USER_TOKEN": "the user token, from Settings, Integrations, or from POST /auth",
    "DB_URI": "mongodb://host/database, or the word embedded to try it out on one machine",
}
ALTEGIO_SETTINGS = ("ALTEGIO_COMPANY_ID", "ALTEGIO_COMPANY_TOKEN", "ALTEGIO_USER_TOKEN")
ALL_SETTINGS = (*ALTEGIO_SETTINGS, "DB_URI")


class Settings(BaseSettings, SchoolConfig):
    """A school's values, as the environment has them.

    Built by hand it takes the field names, and reads the environment for those left out.
    """

    model_config = SettingsConfigDict(
        enable_decoding=False,  # a list is typed with commas, not in JSON
        env_file_encoding=ENCODING,
        env_ignore_empty=True,
        extra="ignore",
    )


def load_settings(env_file: Path | None = None, required: Iterable[str] = ALL_SETTINGS) -> Settings:
    """The settings of the environment, then of ``env_file``, by default `.env` where it exists.

    Raises:
        ConfigError: all that is missing, or all that is wrong, in one message.
    """
    source = settings_file(env_file)
    is_there = _is_there(source)
    if env_file is not None and not is_there:
        raise ConfigError(f"There is no settings file {shown(source)}")
    problem = _file_problem(source) if is_there else None
    if problem is not None:
        raise ConfigError(f"The settings file {shown(source)} cannot be read: {problem}")
    with without_the_parsers_log():
        present = _Required(_env_file=source).model_dump(by_alias=True)
        settings, wrong = _read_settings(source)
    missing = [name for name in required if not present[name].strip(" ,")]
    told = [_missing_settings(missing)] if missing else []
    told += [f"Invalid {name}: {message}" for name, message in wrong.items()]
    if "DB_URI" in required and "DB_URI" not in missing:
        told += _wrong_address(present["DB_URI"].strip())
    if missing:
        told += [str(each) for each in find_unknown_settings(env_file) if each.meant in missing]
        told += _near_address_names(source) if "DB_URI" in missing else []
        told += [] if is_there else [f"There is no settings file {shown(source)}"]
    if settings is None or told:
        raise ConfigError(OwnLines("\n".join(told)))
    return settings


def _is_there(path: Path) -> bool:
    """Whether there is something of that name, readable or not."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # why it cannot be read is reported when that is tried
    return True


def _file_problem(path: Path) -> str | None:
    """Why the settings cannot be read from the file; None where they can."""
    try:
        if not path.is_file():
            return "it is a directory" if path.is_dir() else "it is not a file"
        path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return "it is not text in UTF-8"
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def _near_address_names(source: Path) -> list[str]:
    """Such as `DB_URL`; without the prefix it is a slip only where the address is missing."""
    names = dict.fromkeys([*os.environ, *names_in(source)])
    near = get_close_matches("DB_URI", [each for each in names if each != "DB_URI"], cutoff=0.8)
    return [str(UnknownName(each, "DB_URI")) for each in near]


class _Required(BaseSettings):
    """The required ones as they stand there, whatever is wrong with them and the others."""

    model_config = SettingsConfigDict(
        env_file_encoding=ENCODING, env_ignore_empty=True, extra="ignore"
    )

    company_id: str = Field("", alias="ALTEGIO_COMPANY_ID")
    company_token: str = Field("", alias="ALTEGIO_COMPANY_TOKEN", repr=False)
    user_token: str = Field("", alias="ALTEGIO_USER_TOKEN", repr=False)
    db_uri: str = Field("", alias="DB_URI", repr=False)


def _read_settings(source: Path) -> tuple[Settings | None, dict[str, str]]:
    """The settings, or what is wrong with each of those that are."""
    try:
        return Settings(_env_file=source), {}
    except ValidationError as error:
        return None, _wrong_settings(error)


def _missing_settings(missing: Sequence[str]) -> str:
    hints = "".join(f"\n  {name}: {HINTS[name]}" for name in missing)
    return f"Missing required environment variables: {', '.join(missing)}{hints}"


def _wrong_address(uri: str) -> list[str]:
    if uri == EMBEDDED:
        return []
    # Not before it is known to be needed: the driver takes long to import.
    from altegio_sync.mongo.core.connection import database_name

    try:
        database_name(uri)
    except ConfigError as error:
        return [str(error)]
    return []


def _wrong_settings(error: ValidationError) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        wrong.setdefault(str(each["loc"][0]), each["msg"].removeprefix("Value error, "))
    if "ALTEGIO_LEAD_ID" in wrong:
        wrong["ALTEGIO_LEAD_ID"] = "expected crm, client or crm-or-client"
    if "ALTEGIO_PAGE_SIZE" in wrong:
        wrong["ALTEGIO_PAGE_SIZE"] = f"expected a number from 1 to {MAX_PAGE_SIZE}, or auto"
    return wrong
