"""The settings, read once from the environment and from `.env`."""

from __future__ import annotations

import os
import platform
import re
import unicodedata
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import unquote

from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from altegio_sync.altegio.address import check_address
from altegio_sync.domain.foreign_text import OwnLines, shown
from altegio_sync.domain.leads import LeadIdKind, LeadRules, parse_lengths
from altegio_sync.domain.ledger import settings_hash
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.phones import known_regions
from altegio_sync.domain.setting_names import UnknownName, find_unknown
from altegio_sync.domain.zones import find_zone
from altegio_sync.errors import ConfigError
from altegio_sync.settings_file import ENCODING, without_the_parsers_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: What a setting is, for those who lack it: name -> where it is found.
HINTS = {
    "ALTEGIO_COMPANY_ID": "the location's number, in the address of its pages in Altegio",
    "ALTEGIO_COMPANY_TOKEN": "the partner token, from your developer account in the marketplace",
    "ALTEGIO_USER_TOKEN": "the user token, from Settings, Integrations, or from POST /auth",
    "DB_URI": "mongodb://host/database, or the word embedded to try it out on one machine",
}
ALTEGIO_SETTINGS = ("ALTEGIO_COMPANY_ID", "ALTEGIO_COMPANY_TOKEN", "ALTEGIO_USER_TOKEN")
ALL_SETTINGS = (*ALTEGIO_SETTINGS, "DB_URI")
DEFAULT_COLLECTION = "altegio-appointments"
MAX_PAGE_SIZE = 1000
NO_SERVICE_LIST = (
    "ALTEGIO_SERVICE_IDS is not set: every lesson except group events counts as individual "
    "(altegio-sync services lists the ids)"
)
#: In place of an address: the MongoDB that the program starts itself.
EMBEDDED = "embedded"
#: A shorter one may stand in any text by chance.
_SHORTEST_SECRET = 6


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part for each in value.split(",") if (part := each.strip()))


def _digits(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not (value.isascii() and value.isdigit()):
            raise ValueError("expected a number, or several separated by commas")
    return tuple(dict.fromkeys(values))


def _zone(value: str) -> str:
    zone = find_zone(value)
    if zone is None:
        raise ValueError(
            "expected an IANA name such as Europe/Kyiv that this machine knows (pip install -U "
            "tzdata brings new names)"
        )
    return zone.key


def _api_url(value: str) -> str:
    check_address(value)
    return value


def _crm_digits(value: str) -> str:
    parse_lengths(value)
    return value


def _region(value: str) -> str:
    region = value.upper()
    if region not in known_regions():
        raise ValueError("expected the two letters of a country, such as UA")
    return region


def _crm_pattern(value: str, info: ValidationInfo) -> str:
    if any(unicodedata.category(each) == "Cc" for each in value):
        raise ValueError(
            r"holds a control character: in double quotes \b becomes one, so use single quotes"
        )
    if info.data.get("crm_id_digits") is not None:
        raise ValueError("a pattern decides alone: remove ALTEGIO_CRM_ID_DIGITS or the pattern")
    try:
        pattern = re.compile(value)
    except re.error:
        raise ValueError("not a regular expression") from None
    if "id" not in pattern.groupindex:
        raise ValueError("expected a regular expression with a group named id, as in (?P<id>...)")
    return value


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("expected a token: letters, digits and signs without a space between")
    return SecretStr(text)


def _collection(value: str) -> str:
    is_name = value and "$" not in value and "\0" not in value and ".." not in value
    if not is_name or value.startswith((".", "system.")) or value.endswith("."):
        raise ValueError("expected the name of a collection, without $ and not of the system")
    if value.startswith("altegio-sync-"):
        raise ValueError("collections of that name hold what the program itself keeps")
    return value


def _from_home(path: Path) -> Path:
    """`~` is expanded by shells, not in a settings file."""
    return Path.home().joinpath(*path.parts[1:]) if path.parts[:1] == ("~",) else path


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Ids = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_digits)]
Token = Annotated[SecretStr, AfterValidator(_token)]
PageSize = Annotated[
    Literal["auto"] | Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)], BeforeValidator(_word)
]


class Settings(BaseSettings):
    """Everything that can be set; `docs/settings.md` describes each.

    Built by hand it takes the field names, and reads the environment for those left out.
    """

    model_config = SettingsConfigDict(
        env_file_encoding=ENCODING,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        str_strip_whitespace=True,
    )

    company_ids: Ids = Field((), validation_alias="ALTEGIO_COMPANY_ID")
    company_token: Token = Field(SecretStr(""), validation_alias="ALTEGIO_COMPANY_TOKEN")
    user_token: Token = Field(SecretStr(""), validation_alias="ALTEGIO_USER_TOKEN")
    db_uri: SecretStr = Field(SecretStr(""), validation_alias="DB_URI")
    service_ids: Ids = Field((), validation_alias="ALTEGIO_SERVICE_IDS")
    trial_service_ids: Ids = Field((), validation_alias="ALTEGIO_TRIAL_SERVICE_IDS")
    lead_id: Annotated[LeadIdKind, BeforeValidator(_word)] = Field(
        LeadIdKind.CRM, validation_alias="ALTEGIO_LEAD_ID"
    )
    crm_id_digits: Annotated[str, AfterValidator(_crm_digits)] | None = Field(
        None, validation_alias="ALTEGIO_CRM_ID_DIGITS"
    )
    crm_id_pattern: Annotated[str, AfterValidator(_crm_pattern)] | None = Field(
        None, validation_alias="ALTEGIO_CRM_ID_PATTERN"
    )
    phone_region: Annotated[str, AfterValidator(_region)] | None = Field(
        None, validation_alias="ALTEGIO_PHONE_REGION"
    )
    timezone: Annotated[str, AfterValidator(_zone)] | None = Field(
        None, validation_alias="ALTEGIO_TIMEZONE"
    )
    api_url: Annotated[str, AfterValidator(_api_url)] = Field(
        "https://api.alteg.io/api/v1", validation_alias="ALTEGIO_API_URL"
    )
    page_size: PageSize = Field(50, validation_alias="ALTEGIO_PAGE_SIZE")
    requests_per_second: float = Field(
        4, ge=0, le=1000, validation_alias="ALTEGIO_REQUESTS_PER_SECOND"
    )
    requests_per_minute: int = Field(
        195, ge=0, le=60_000, validation_alias="ALTEGIO_REQUESTS_PER_MINUTE"
    )
    budget_key: str = Field(
        default_factory=lambda: platform.node() or "this machine",
        max_length=200,
        validation_alias="ALTEGIO_BUDGET_KEY",
    )
    collection: Annotated[str, AfterValidator(_collection)] = Field(
        DEFAULT_COLLECTION, validation_alias="ALTEGIO_COLLECTION"
    )
    data_dir: Annotated[Path, AfterValidator(_from_home)] | None = Field(
        None, validation_alias="ALTEGIO_DATA_DIR"
    )

    @property
    def rules(self) -> LessonRules:
        return LessonRules(frozenset(self.service_ids), frozenset(self.trial_service_ids))

    @property
    def leads(self) -> LeadRules:
        pattern = self.crm_id_pattern
        return LeadRules(
            kind=self.lead_id,
            lengths=parse_lengths(self.crm_id_digits) if self.crm_id_digits else frozenset(),
            pattern=re.compile(pattern) if pattern else None,
            region=self.phone_region,
        )

    @property
    def settings_hash(self) -> str:
        """Stands for what decides which bookings are kept: ledger entries hang on it."""
        return settings_hash(self.rules, self.leads)

    @property
    def first_page_size(self) -> int:
        """What the first page asks for; a server that serves less is followed."""
        return MAX_PAGE_SIZE if self.page_size == "auto" else self.page_size

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, the password within the database's address included.

        A secret that may be a part of our own words, such as the password `a` or `collection`, is
        here as it stands in an address.
        """
        uri = self.db_uri.get_secret_value()
        password = re.search(r"://[^/@]*?:([^@]+)@", uri)
        tokens = (self.company_token.get_secret_value(), self.user_token.get_secret_value())
        found = [each for each in tokens if len(each) >= _SHORTEST_SECRET]
        found += [uri] if "@" in uri else []
        for each in {password[1], unquote(password[1])} if password else ():
            is_word = len(each) < _SHORTEST_SECRET or each.isalpha() or each.isdigit()
            found.append(f":{each}@" if is_word else each)
        return tuple(found)


#: The last of them belong to other parts of the program.
KNOWN_SETTINGS = (
    *(str(each.validation_alias) for each in Settings.model_fields.values()),
    "ALTEGIO_LANG",
    "ALTEGIO_SCHOOLS_FILE",
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


def settings_file(env_file: Path | None = None) -> Path:
    """The full path of the file, by default of `.env` in the working directory."""
    return (env_file or Path(".env")).absolute()


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


def find_unknown_settings(env_file: Path | None = None) -> list[UnknownName]:
    """Names in the settings file that are no settings, and such in the environment that are near.

    The school's server may have `ALTEGIO_` names of its own in both.
    """
    in_file = find_unknown(_names_in(settings_file(env_file)), KNOWN_SETTINGS)
    in_environment = find_unknown(os.environ, KNOWN_SETTINGS)
    known = {each.name for each in in_file}
    near = [each for each in in_environment if each.meant is not None and each.name not in known]
    return in_file + near


def _near_address_names(source: Path) -> list[str]:
    """Such as `DB_URL`; without the prefix it is a slip only where the address is missing."""
    names = dict.fromkeys([*os.environ, *_names_in(source)])
    near = get_close_matches("DB_URI", [each for each in names if each != "DB_URI"], cutoff=0.8)
    return [str(UnknownName(each, "DB_URI")) for each in near]


def find_mistyped_settings(env_file: Path | None = None) -> list[UnknownName]:
    """Names that are nearly those of settings which are not set; others are hardly slips."""
    found = find_unknown_settings(env_file)
    return [each for each in found if each.meant is not None and not is_set(each.meant, env_file)]


def is_set(name: str, env_file: Path | None = None) -> bool:
    """Whether the setting has a value, in the environment or in the file."""
    return bool(os.environ.get(name) or name in _names_in(settings_file(env_file)))


def _names_in(path: Path) -> list[str]:
    if not path.is_file():
        return []  # a pipe may never end, nor begin
    try:
        with path.open(encoding="utf-8-sig") as file:
            return [each.key for each in parse_stream(file) if each.key]
    except (OSError, UnicodeDecodeError):
        return []


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
