"""The configuration of a school: plain, checked values, without reading the environment."""

from __future__ import annotations

import hashlib
import platform
import re
import unicodedata
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
)

from altegio_sync.altegio.address import check_address
from altegio_sync.domain.durations import parse_duration
from altegio_sync.domain.leads import LeadIdKind, LeadRules, parse_lengths
from altegio_sync.domain.ledger import settings_hash
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.phones import known_regions
from altegio_sync.domain.zones import find_zone
from altegio_sync.errors import ConfigError
from altegio_sync.messages import settings as texts

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_COLLECTION = "altegio-appointments"
MAX_PAGE_SIZE = 1000
LONGEST_KEY = 200
#: The word for the MongoDB that the program starts itself, used instead of an address.
EMBEDDED = "embedded"
#: The word for all locations that the user token may see, used instead of ids.
ALL_COMPANIES = "all"
MOST_REQUESTS = {"ALTEGIO_REQUESTS_PER_SECOND": 1000, "ALTEGIO_REQUESTS_PER_MINUTE": 60_000}
#: A shorter secret may be part of any text by chance.
_SHORTEST_SECRET = 6
_NOT_IN_TOKENS = re.compile("[ '\"`]")
_HOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{32,}")
#: One more than one, while the secret is being changed.
_MOST_HOOK_SECRETS = 2
_POLL_LIMITS = (timedelta(seconds=1), timedelta(days=1))
_OFF = "off"


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part for each in value.split(",") if (part := each.strip()))


def _digits(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not (value.isascii() and value.isdigit()):
            raise ValueError(texts.NUMBERS_EXPECTED())
    return tuple(dict.fromkeys(map(_plain_number, values)))


def _plain_number(digits: str) -> str:
    """The id as Altegio writes it: 077 and 77 are the same location."""
    return digits.lstrip("0") or "0"


def _companies(values: tuple[str, ...]) -> tuple[str, ...]:
    words = [each.lower() for each in values]
    if ALL_COMPANIES not in words:
        return _digits(values)
    if set(words) != {ALL_COMPANIES}:
        raise ValueError(texts.ALL_BESIDE_IDS())
    return (ALL_COMPANIES,)


def _zone(value: str) -> str:
    zone = find_zone(value)
    if zone is None:
        raise ValueError(texts.ZONE_EXPECTED())
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
        raise ValueError(texts.REGION_EXPECTED())
    return region


def _crm_pattern(value: str, info: ValidationInfo) -> str:
    if any(unicodedata.category(each) == "Cc" for each in value):
        raise ValueError(texts.PATTERN_HAS_CONTROL())
    if info.data.get("crm_id_digits") is not None:
        raise ValueError(texts.PATTERN_DECIDES_ALONE())
    try:
        pattern = re.compile(value)
    except re.error:
        raise ValueError(texts.PATTERN_INVALID()) from None
    if "id" not in pattern.groupindex:
        raise ValueError(texts.PATTERN_WITHOUT_ID())
    return value


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not (text.isascii() and text.isprintable()) or _NOT_IN_TOKENS.search(text):
        raise ValueError(texts.TOKEN_EXPECTED())
    return SecretStr(text)


def _notify(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if text and "://" not in text:
        raise ValueError(texts.NOTIFY_EXPECTED())
    return SecretStr(text)


def _ping_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    parts = urlsplit(text)
    is_plain = text.isascii() and text.isprintable() and " " not in text
    if not is_plain or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(texts.PING_URL_EXPECTED())
    if parts.query or parts.fragment:
        raise ValueError(texts.PING_URL_WITHOUT_QUERY())
    return SecretStr(text)


def _hook_secrets(value: SecretStr) -> SecretStr:
    found = [each.strip() for each in value.get_secret_value().split(",")]
    if len(found) > _MOST_HOOK_SECRETS or not all(map(_HOOK_SECRET.fullmatch, found)):
        raise ValueError(texts.HOOK_SECRET_EXPECTED())
    return SecretStr(",".join(found))


def _poll_every(value: object) -> object:
    if not isinstance(value, str):
        return value
    shortest, longest = _POLL_LIMITS
    try:
        span = parse_duration(value)
    except ConfigError:
        span = timedelta()
    if not shortest <= span <= longest:
        raise ValueError(texts.POLL_EVERY_EXPECTED())
    return span


def _recheck_at(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if text == _OFF:
        return None
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(texts.RECHECK_AT_EXPECTED())
    return time(int(found[1]), int(found[2]))


def _collection(value: str) -> str:
    is_name = value and "$" not in value and "\0" not in value and ".." not in value
    if not is_name or value.startswith((".", "system.")) or value.endswith("."):
        raise ValueError(texts.COLLECTION_EXPECTED())
    if value.startswith("altegio-sync-"):
        raise ValueError(texts.COLLECTION_IS_OURS())
    return value


def from_home(path: Path) -> Path:
    """Expands `~`, which only shells do, for a value from a settings file."""
    return Path.home().joinpath(*path.parts[1:]) if path.parts[:1] == ("~",) else path


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class MongoHome:
    """Where a MongoDB is; ``data_dir`` is for the embedded one."""

    uri: SecretStr
    data_dir: Path | None


Ids = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_digits)]
CompanyIds = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_companies)]
Token = Annotated[SecretStr, AfterValidator(_token)]
Notify = Annotated[SecretStr, AfterValidator(_notify)]
PingUrl = Annotated[SecretStr, AfterValidator(_ping_url)]
HookSecrets = Annotated[SecretStr, AfterValidator(_hook_secrets)]
PageSize = Annotated[
    Literal["auto"] | Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)], BeforeValidator(_word)
]


class SchoolConfig(BaseModel):
    """Everything that can be set for one school; `docs/settings.md` describes each value.

    A process may have many. `load_settings` makes one from the environment.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        str_strip_whitespace=True,
    )

    company_ids: CompanyIds = Field((), validation_alias="ALTEGIO_COMPANY_ID")
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
        4,
        ge=0,
        le=MOST_REQUESTS["ALTEGIO_REQUESTS_PER_SECOND"],
        validation_alias="ALTEGIO_REQUESTS_PER_SECOND",
    )
    requests_per_minute: int = Field(
        195,
        ge=0,
        le=MOST_REQUESTS["ALTEGIO_REQUESTS_PER_MINUTE"],
        validation_alias="ALTEGIO_REQUESTS_PER_MINUTE",
    )
    budget_key: str = Field(
        default_factory=lambda: platform.node() or "this machine",
        max_length=LONGEST_KEY,
        validation_alias="ALTEGIO_BUDGET_KEY",
    )
    collection: Annotated[str, AfterValidator(_collection)] = Field(
        DEFAULT_COLLECTION, validation_alias="ALTEGIO_COLLECTION"
    )
    data_dir: Annotated[Path, AfterValidator(from_home)] | None = Field(
        None, validation_alias="ALTEGIO_DATA_DIR"
    )

    ping_url: PingUrl | None = Field(None, validation_alias="ALTEGIO_PING_URL")
    ping_url_sync: PingUrl | None = Field(None, validation_alias="ALTEGIO_PING_URL_SYNC")
    ping_url_changes: PingUrl | None = Field(None, validation_alias="ALTEGIO_PING_URL_CHANGES")
    ping_url_validate: PingUrl | None = Field(None, validation_alias="ALTEGIO_PING_URL_VALIDATE")
    ping_url_clean: PingUrl | None = Field(None, validation_alias="ALTEGIO_PING_URL_CLEAN")
    ping_url_backup: PingUrl | None = Field(None, validation_alias="ALTEGIO_PING_URL_BACKUP")

    notify: Notify | None = Field(None, validation_alias="ALTEGIO_NOTIFY")

    hook_secret: HookSecrets | None = Field(None, validation_alias="ALTEGIO_HOOK_SECRET")
    poll_every: Annotated[timedelta, BeforeValidator(_poll_every)] = Field(
        timedelta(minutes=5), validation_alias="ALTEGIO_POLL_EVERY"
    )
    #: In local time; None: never.
    recheck_at: Annotated[time | None, BeforeValidator(_recheck_at)] = Field(
        time(3, 15), validation_alias="ALTEGIO_RECHECK_AT"
    )
    page_password: SecretStr | None = Field(None, validation_alias="ALTEGIO_PAGE_PASSWORD")

    @property
    def lists_all(self) -> bool:
        """Whether Altegio says which companies there are: `company_ids` is the word `all`."""
        return self.company_ids == (ALL_COMPANIES,)

    @property
    def has_single_company(self) -> bool:
        """Whether there is one company, which all documents without a `companyId` belong to."""
        return len(self.company_ids) == 1 and not self.lists_all

    def pick_companies(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """The companies of the school, or only the ``wanted`` ones, without repetitions.

        With `all` only Altegio knows the companies. Then ``wanted`` is not checked, and if it is
        empty, the result is empty too: see `app.companies`.

        Raises:
            ConfigError: a wanted company is not the school's.
        """
        wanted = tuple(dict.fromkeys(map(_plain_number, wanted)))
        if self.lists_all:
            return tuple(each for each in wanted if each != ALL_COMPANIES)
        unknown = [each for each in wanted if each not in self.company_ids]
        if unknown:
            raise ConfigError(
                texts.UNKNOWN_COMPANY(company=unknown[0], configured=self.company_ids)
            )
        return wanted or self.company_ids

    @property
    def home(self) -> MongoHome:
        return MongoHome(self.db_uri, self.data_dir)

    @property
    def place(self) -> str:
        """A name of the database and the collection, for files; empty if no database is named.

        The servers are not part of it, since an address that was wrong is corrected.
        """
        address = self.db_uri.get_secret_value().partition("://")
        _hosts, _, database = address[2].rpartition("@")[2].partition("?")[0].partition("/")
        database = database or ("embedded" if address[0] == "embedded" else "")
        name = f"{database}\n{self.collection}"
        return hashlib.sha256(name.encode()).hexdigest()[:16] if database else ""

    @property
    def budget_home(self) -> MongoHome:
        """Where the requests are counted: by default in the school's own database."""
        return self.home

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
        """A hash of the settings that decide which bookings are kept; the ledger stores it."""
        return settings_hash(self.rules, self.leads)

    @property
    def first_page_size(self) -> int:
        """The requested size of the first page; later pages use the size that the server serves."""
        return MAX_PAGE_SIZE if self.page_size == "auto" else self.page_size

    @property
    def notify_addresses(self) -> str | None:
        """The addresses of people, as Apprise reads them; None if nobody gets a message."""
        return None if self.notify is None else self.notify.get_secret_value() or None

    @property
    def hook_secrets(self) -> tuple[str, ...]:
        """The secrets of the address for webhooks: none, one or two."""
        secret = self.hook_secret
        return () if secret is None else tuple(secret.get_secret_value().split(","))

    @property
    def _ping_urls(self) -> dict[str, SecretStr | None]:
        """The addresses by command; the empty name is for every other command."""
        return {
            "": self.ping_url,
            "sync": self.ping_url_sync,
            "changes": self.ping_url_changes,
            "validate": self.ping_url_validate,
            "clean": self.ping_url_clean,
            "backup": self.ping_url_backup,
        }

    def ping_url_of(self, command: str) -> str | None:
        """Where the runs of this command are pinged; None if nothing is pinged."""
        url = self._ping_urls.get(command) or self.ping_url
        return None if url is None else url.get_secret_value()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be shown, with the password of the database's address.

        A password that may be a part of our own words, such as `a` or `collection`, is listed only
        with the signs around it in an address.
        """
        uri = self.db_uri.get_secret_value()
        password = re.search(r"://[^/@]*?:([^@]+)@", uri)
        tokens = (self.company_token.get_secret_value(), self.user_token.get_secret_value())
        found = [each for each in tokens if len(each) >= _SHORTEST_SECRET]
        found += self.hook_secrets
        page_password = self.page_password.get_secret_value() if self.page_password else ""
        found += [page_password] if len(page_password) >= _SHORTEST_SECRET else []
        found += [uri] if "@" in uri else []
        found += [each for each in (self.notify_addresses or "").split() if each]
        found += [each.get_secret_value() for each in self._ping_urls.values() if each is not None]
        for each in {password[1], unquote(password[1])} if password else ():
            is_word = len(each) < _SHORTEST_SECRET or each.isalpha() or each.isdigit()
            found.append(f":{each}@" if is_word else each)
        return tuple(found)


class SchoolOfFile(SchoolConfig):
    """The configuration of one school of the file. Its requests are counted at an address."""

    name: str
    language: Literal["uk", "en"] | None = None
    budget_db_uri: SecretStr = SecretStr("")
    #: The data folder, if the budget is in an embedded MongoDB.
    budget_data_dir: Path | None = None

    @property
    def budget_home(self) -> MongoHome:
        if not self.budget_db_uri.get_secret_value():
            return self.home
        return MongoHome(self.budget_db_uri, self.budget_data_dir)

    @property
    def secrets(self) -> tuple[str, ...]:
        budget = SchoolConfig(db_uri=self.budget_db_uri)
        return (*super().secrets, *budget.secrets)
