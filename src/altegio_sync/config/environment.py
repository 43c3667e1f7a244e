"""Reads the settings once, from the environment and from `.env`."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from altegio_sync.config.files import find_file_problem, is_there
from altegio_sync.config.names import find_unknown_settings, names_in, settings_file
from altegio_sync.config.secret_files import read_secret_files
from altegio_sync.config.values import (
    EMBEDDED,
    LONGEST_KEY,
    MAX_PAGE_SIZE,
    MOST_REQUESTS,
    SchoolConfig,
)
from altegio_sync.domain.setting_names import UnknownName
from altegio_sync.errors import ConfigError
from altegio_sync.messages import as_message
from altegio_sync.messages import settings as texts
from altegio_sync.messages.words import LINES, join
from altegio_sync.settings_file import ENCODING, without_the_parsers_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from altegio_sync.messages import Message

#: Where to find the value of each required setting.
HINTS = {
    "ALTEGIO_COMPANY_ID": texts.COMPANY_ID_HINT,
    "ALTEGIO_COMPANY_TOKEN": texts.COMPANY_TOKEN_HINT,
    "ALTEGIO_USER_TOKEN": texts.USER_TOKEN_HINT,
    "DB_URI": texts.DB_URI_HINT,
}
ALTEGIO_TOKENS = ("ALTEGIO_COMPANY_TOKEN", "ALTEGIO_USER_TOKEN")
ALTEGIO_SETTINGS = ("ALTEGIO_COMPANY_ID", *ALTEGIO_TOKENS)
ALL_SETTINGS = (*ALTEGIO_SETTINGS, "DB_URI")


class Settings(BaseSettings, SchoolConfig):
    """A school's values, read from the environment.

    Code may pass field names as arguments; missing fields are read from the environment.
    """

    model_config = SettingsConfigDict(
        enable_decoding=False,  # a list is written with commas, not in JSON
        env_file_encoding=ENCODING,
        env_ignore_empty=True,
        extra="ignore",
    )


def load_settings(env_file: Path | None = None, required: Iterable[str] = ALL_SETTINGS) -> Settings:
    """The settings of the environment, then of ``env_file``, by default `.env` where it exists.

    Raises:
        ConfigError: one message names all missing settings, or all wrong values.
    """
    source = _find_file(env_file)
    with without_the_parsers_log():
        secrets = read_secret_files(source)
        present = _Required(_env_file=source).model_dump(by_alias=True) | secrets
        settings, wrong = _read_settings(source, secrets)
    missing = [name for name in required if not present[name].strip(" ,")]
    lines = _missing_settings(missing) if missing else []
    lines += [texts.INVALID(name=name, reason=why) for name, why in wrong.items()]
    if "DB_URI" in required and "DB_URI" not in missing:
        lines += find_wrong_address(present["DB_URI"].strip())
    if missing:
        lines += [each.message for each in find_unknown_settings(env_file) if each.meant in missing]
        lines += _near_address_names(source) if "DB_URI" in missing else []
        lines += [] if is_there(source) else [texts.NO_FILE(path=str(source))]
    if settings is None or lines:
        raise ConfigError(join(LINES, lines))
    return settings


def read_variables(env_file: Path | None = None, *, is_lenient: bool = False) -> dict[str, str]:
    """The variables of the environment, and of ``env_file`` where they are not set.

    Raises:
        ConfigError: the file cannot be read. With ``is_lenient`` it then sets nothing.
    """
    try:
        source = _find_file(env_file)
    except ConfigError:
        if not is_lenient:
            raise
        return dict(os.environ)
    with without_the_parsers_log():
        in_file = dotenv_values(source, encoding=ENCODING) if is_there(source) else {}
    found = {name: value for name, value in in_file.items() if value is not None}
    return found | {name: value for name, value in os.environ.items() if value}


def _find_file(env_file: Path | None) -> Path:
    """The settings file. A named file must exist. Raises ConfigError if it cannot be read."""
    source = settings_file(env_file)
    if not is_there(source):
        if env_file is not None:
            raise ConfigError(texts.NO_FILE(path=str(source)))
        return source
    problem = find_file_problem(source)
    if problem is not None:
        raise ConfigError(texts.UNREADABLE_FILE(path=str(source), reason=problem))
    return source


def _near_address_names(source: Path) -> list[Message]:
    """Names such as `DB_URL`. They have no prefix, so they are mistakes only without an address."""
    names = dict.fromkeys([*os.environ, *names_in(source)])
    near = get_close_matches("DB_URI", [each for each in names if each != "DB_URI"], cutoff=0.8)
    return [UnknownName(each, "DB_URI").message for each in near]


class _Required(BaseSettings):
    """The required settings as they are written, even if they or other settings are wrong."""

    model_config = SettingsConfigDict(
        env_file_encoding=ENCODING, env_ignore_empty=True, extra="ignore"
    )

    company_id: str = Field("", alias="ALTEGIO_COMPANY_ID")
    company_token: str = Field("", alias="ALTEGIO_COMPANY_TOKEN", repr=False)
    user_token: str = Field("", alias="ALTEGIO_USER_TOKEN", repr=False)
    db_uri: str = Field("", alias="DB_URI", repr=False)


def _read_settings(
    source: Path, secrets: Mapping[str, Any]
) -> tuple[Settings | None, dict[str, Message]]:
    """The settings, or the problem of each wrong setting."""
    try:
        return Settings(_env_file=source, **secrets), {}
    except ValidationError as error:
        return None, find_wrong_settings(error)


def read_draft(values: Mapping[str, str], required: Iterable[str] = ()) -> SchoolConfig:
    """The configuration of these variables, which are not stored yet. Empty values are not set.

    Raises:
        ConfigError: one message names all missing settings, or all wrong values.
    """
    present = {name: value for name, value in values.items() if value.strip(" ,")}
    missing = [name for name in required if name not in present]
    lines = _missing_settings(missing) if missing else []
    if "DB_URI" in present:
        lines += find_wrong_address(present["DB_URI"].strip())
    try:
        config = SchoolConfig.model_validate(present)
    except ValidationError as error:
        wrong = find_wrong_settings(error).items()
        raise ConfigError(
            join(LINES, lines + [texts.INVALID(name=name, reason=why) for name, why in wrong])
        ) from None
    if lines:
        raise ConfigError(join(LINES, lines))
    return config


def read_usable(values: Mapping[str, str], names: Iterable[str]) -> SchoolConfig:
    """The configuration of those of these variables that have a correct value."""
    usable = {}
    for name in names:
        try:
            read_draft({name: values.get(name, "")})
        except ConfigError:
            continue
        usable[name] = values.get(name, "")
    return read_draft(usable)


def _missing_settings(missing: Sequence[str]) -> list[Message]:
    hints = [texts.HINT(name=name, hint=HINTS[name]()) for name in missing]
    return [texts.MISSING(names=missing), *hints]


def find_wrong_address(uri: str) -> list[Message]:
    """The problem of a database's address: at most one."""
    if uri == EMBEDDED:
        return []
    # Imported only where needed: the import of the driver is slow.
    from altegio_sync.mongo.core.connection import database_name

    try:
        database_name(uri)
    except ConfigError as error:
        return [error.message]
    return []


def find_wrong_settings(error: ValidationError) -> dict[str, Message]:
    """The problem of each wrong setting, by the name of its variable."""
    wrong: dict[str, Message] = {}
    for each in error.errors(include_url=False, include_input=False):
        ours = each.get("ctx", {}).get("error")
        why = ours.args[0] if isinstance(ours, ValueError) else each["msg"]
        wrong.setdefault(str(each["loc"][0]), as_message(why))
    if "ALTEGIO_LEAD_ID" in wrong:
        wrong["ALTEGIO_LEAD_ID"] = texts.LEAD_ID_EXPECTED()
    for name, most in MOST_REQUESTS.items():
        if name in wrong:
            wrong[name] = texts.REQUESTS_EXPECTED(most=most)
    if "ALTEGIO_BUDGET_KEY" in wrong:
        wrong["ALTEGIO_BUDGET_KEY"] = texts.TOO_LONG(most=LONGEST_KEY)
    if "ALTEGIO_PAGE_SIZE" in wrong:
        wrong["ALTEGIO_PAGE_SIZE"] = texts.PAGE_SIZE_EXPECTED(most=MAX_PAGE_SIZE)
    return wrong
