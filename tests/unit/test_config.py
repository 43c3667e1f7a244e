"""Settings from the environment and from a file, and the messages about wrong settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from pydantic import SecretStr, ValidationError

from altegio_sync.config import (
    ALL_SETTINGS,
    KNOWN_SETTINGS,
    SchoolConfig,
    Settings,
    find_unknown_settings,
    load_settings,
)
from altegio_sync.domain.leads import LeadIdKind, LeadRules
from altegio_sync.domain.setting_names import UnknownName, find_unknown
from altegio_sync.errors import ConfigError
from altegio_sync.log import Redaction

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = {
    "ALTEGIO_COMPANY_ID": " 77, 78 ,77,",
    "ALTEGIO_COMPANY_TOKEN": "tok-partner-SECRET-8431",
    "ALTEGIO_USER_TOKEN": "tok-user-SECRET-9352",
    "DB_URI": "mongodb://someone:pass-SECRET-7264@localhost/school",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*ALL_SETTINGS, "ALTEGIO_TIMEZONE", "ALTEGIO_PAGE_SIZE", "ALTEGIO_SERVICE_IDS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def well_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("well_set")
def test_lists_are_read_from_commas_and_each_number_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().company_ids == ("77", "78")

    monkeypatch.setenv("ALTEGIO_COMPANY_ID", "077, 77, 78, 0078")
    assert load_settings().company_ids == ("77", "78")
    assert load_settings().pick_companies(["077", "77"]) == ("77",)


@pytest.mark.usefixtures("well_set")
def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ALTEGIO_COMPANY_ID=1\nALTEGIO_PAGE_SIZE=auto\n")

    settings = load_settings()

    assert settings.company_ids == ("77", "78")
    assert settings.page_size == "auto"
    assert settings.first_page_size == 1000


@pytest.mark.usefixtures("well_set")
def test_an_empty_variable_is_as_if_it_were_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTEGIO_TIMEZONE", "")

    assert load_settings().timezone is None


@pytest.mark.usefixtures("well_set")
def test_no_secret_stands_in_a_repr_or_in_the_error_about_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load_settings()
    monkeypatch.setenv("ALTEGIO_COMPANY_ID", "tok-SECRET-in-the-wrong-place")

    with pytest.raises(ConfigError) as raised:
        load_settings()

    assert "SECRET" not in f"{settings!r}{settings}{settings.model_dump_json()}{raised.value}"
    assert "pass-SECRET-7264" in settings.secrets


def test_all_that_is_missing_and_all_that_is_wrong_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALTEGIO_COMPANY_ID", "77")
    monkeypatch.setenv("ALTEGIO_COMPANY_TOKEN", GOOD["ALTEGIO_COMPANY_TOKEN"])
    monkeypatch.setenv("ALTEGIO_PAGE_SIZE", "many")
    monkeypatch.setenv("DB_URI", "mongodb://localhost")

    with pytest.raises(ConfigError) as raised:
        load_settings()

    lines = str(raised.value).splitlines()
    assert lines[0] == "Missing required environment variables: ALTEGIO_USER_TOKEN"
    assert lines[1].startswith("  ALTEGIO_USER_TOKEN: ")
    assert lines[2] == "Invalid ALTEGIO_PAGE_SIZE: expected a number from 1 to 1000, or auto"
    assert lines[3].startswith("DB_URI names no database")


@pytest.mark.usefixtures("well_set")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALTEGIO_USER_TOKEN", "ключ"),
        ("ALTEGIO_USER_TOKEN", "two\nlines"),
        ("ALTEGIO_COMPANY_TOKEN", "two words"),
        ("ALTEGIO_COMPANY_TOKEN", "Bearer token"),
        ("ALTEGIO_COMPANY_TOKEN", '"token"'),
        ("ALTEGIO_API_URL", "https://host:abc/x"),
        ("ALTEGIO_API_URL", "https://host:99999/x"),
        ("ALTEGIO_API_URL", "https://[::1/x"),
        ("ALTEGIO_API_URL", "https://ho\x01st/x"),
        ("ALTEGIO_API_URL", "https://ho st/x"),
        ("ALTEGIO_API_URL", "https://\N{GRINNING FACE}.com/x"),
        ("ALTEGIO_COLLECTION", "a$b"),
        ("ALTEGIO_COLLECTION", "a..b"),
        ("ALTEGIO_COLLECTION", "system.views"),
        ("ALTEGIO_COLLECTION", "altegio-sync-trash"),
    ],
)
def test_what_cannot_be_used_is_told_before_it_is_used(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match=f"^Invalid {name}: expected|with such a name contain"):
        load_settings()


@pytest.mark.usefixtures("well_set")
def test_a_token_is_taken_without_the_white_space_around_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALTEGIO_USER_TOKEN", " token\n")

    assert load_settings().user_token.get_secret_value() == "token"


@pytest.mark.parametrize("name", ["DB_URL", "DBURI", "DB_USER"])
def test_a_name_that_is_nearly_db_uri_is_shown_where_the_address_is_missing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, GOOD["DB_URI"])

    with pytest.raises(ConfigError) as raised:
        load_settings(required=["DB_URI"])

    line = f"{name} is not a setting of this program: did you mean DB_URI?"
    assert (line in str(raised.value)) is (name != "DB_USER")


def test_only_what_a_command_needs_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_URI", GOOD["DB_URI"])

    assert load_settings(required=["DB_URI"]).company_ids == ()
    with pytest.raises(ConfigError, match=r"^Missing required .*: ALTEGIO_COMPANY_ID\n"):
        load_settings(required=["DB_URI", "ALTEGIO_COMPANY_ID"])


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00binary")

    with pytest.raises(
        ConfigError, match=r"The settings file /.*/\.env cannot be read: it is not text in UTF-8"
    ):
        load_settings()


@pytest.mark.usefixtures("well_set")
def test_the_settings_of_leads_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTEGIO_LEAD_ID", " Crm-Or-Client ")
    monkeypatch.setenv("ALTEGIO_CRM_ID_DIGITS", "7-8")
    monkeypatch.setenv("ALTEGIO_PHONE_REGION", "pl")

    assert load_settings().leads == LeadRules(
        LeadIdKind.CRM_OR_CLIENT, frozenset({7, 8}), None, "PL"
    )


@pytest.mark.usefixtures("well_set")
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ALTEGIO_LEAD_ID", "lead", "expected crm, client or crm-or-client"),
        ("ALTEGIO_CRM_ID_DIGITS", "8-7", "expected 1 to 20 digits"),
        ("ALTEGIO_CRM_ID_DIGITS", "many", "expected how many digits the CRM ids have"),
        ("ALTEGIO_PHONE_REGION", "UKR", "expected the two letters of a country"),
        ("ALTEGIO_PHONE_REGION", "XX", "expected the two letters of a country"),
        ("ALTEGIO_CRM_ID_PATTERN", r"(?P<id>\d", "not a regular expression"),
        ("ALTEGIO_CRM_ID_PATTERN", r"\d+", "expected a regular expression with a group named id"),
        ("ALTEGIO_CRM_ID_PATTERN", "\b(?P<id>x)", "holds a control character"),
        ("ALTEGIO_CRM_ID_PATTERN", "(?P<id>x)\x7f", "holds a control character"),
    ],
)
def test_wrong_settings_of_leads_are_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match=f"^Invalid {name}: {re.escape(told)}"):
        load_settings()


@pytest.mark.usefixtures("well_set")
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "ALTEGIO_REQUESTS_PER_SECOND",
            "x",
            "expected a number from 0 to 1000; 0 turns this limit off",
        ),
        ("ALTEGIO_BUDGET_KEY", "x" * 201, "expected 200 characters at most"),
    ],
)
def test_what_pydantic_refuses_is_told_in_our_words(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    """Pydantic's own words are in English only."""
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match=f"^Invalid {name}: {re.escape(told)}$"):
        load_settings()


@pytest.mark.usefixtures("well_set")
def test_a_pattern_that_double_quotes_spoilt_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('ALTEGIO_CRM_ID_PATTERN="\\b(?P<id>[0-9]+)\\b"\n')

    with pytest.raises(ConfigError, match=r"in double quotes \\b becomes one"):
        load_settings()


@pytest.mark.usefixtures("well_set")
def test_digits_and_a_pattern_exclude_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALTEGIO_CRM_ID_DIGITS", "8")
    (tmp_path / ".env").write_text("ALTEGIO_CRM_ID_PATTERN='crm-(?P<id>[0-9]+)'\n")

    with pytest.raises(ConfigError, match=r"Invalid ALTEGIO_CRM_ID_PATTERN: .*_CRM_ID_DIGITS"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ALTEGIO_SERVICE_ID", "ALTEGIO_SERVICE_IDS"),
        ("ALTEGIO_SERVICES_IDS", "ALTEGIO_SERVICE_IDS"),
        ("ALTEGIO_TRIAL_SERVICES", "ALTEGIO_TRIAL_SERVICE_IDS"),
        ("ALTEGIO_TIME_ZONE", "ALTEGIO_TIMEZONE"),
        ("ALTEGIO_COMPANYID", "ALTEGIO_COMPANY_ID"),
        ("ALTEGIO_CRM_ID_DIGIT", "ALTEGIO_CRM_ID_DIGITS"),
        ("ALTEGO_SERVICE_IDS", "ALTEGIO_SERVICE_IDS"),
        ("ALTEGIO_REQUESTS_PER_SEC", "ALTEGIO_REQUESTS_PER_SECOND"),
        ("ALTEGIO_PARTNER_TOKEN", None),
        ("ALTEGIO_WEBHOOK_SECRET", None),
        ("ALTEGIO_LOGIN", None),
    ],
)
def test_an_unknown_name_is_compared_with_the_known_ones(name: str, meant: str | None) -> None:
    assert find_unknown([name], KNOWN_SETTINGS) == [UnknownName(name, meant)]


@pytest.mark.parametrize("name", ["PATH", "DB_URL", "altegio_service_ids", "ALTEGIO_LANG"])
def test_other_programs_names_and_known_ones_are_not_unknown(name: str) -> None:
    assert find_unknown([name], KNOWN_SETTINGS) == []


def test_unknown_names_come_from_the_file_and_near_ones_from_the_environment_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "school.env"
    file.write_text("export ALTEGIO_WEBHOOK=1\n# ALTEGIO_OLD=1\nX='\nALTEGIO_IN_TEXT=1'\n")
    monkeypatch.setenv("ALTEGIO_OF_THE_SERVER", "1")
    monkeypatch.setenv("ALTEGIO_SERVICE_ID", "1")

    names = [each.name for each in find_unknown_settings(file)]

    assert names == ["ALTEGIO_WEBHOOK", "ALTEGIO_SERVICE_ID"]


@pytest.mark.usefixtures("well_set")
def test_a_missing_setting_is_reported_with_the_name_that_was_probably_meant_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ALTEGIO_USER_TOKEN")
    monkeypatch.setenv("ALTEGIO_USER_TOKENS", "x")

    with pytest.raises(ConfigError) as raised:
        load_settings()

    lines = str(raised.value).splitlines()
    assert lines[2] == (
        "ALTEGIO_USER_TOKENS is not a setting of this program: did you mean ALTEGIO_USER_TOKEN?"
    )
    assert lines[3] == f"There is no settings file {Path.cwd()}/.env"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: path.with_name("other").mkdir(), "There is no settings file /"),
        (lambda path: path.mkdir(), "cannot be read: it is a directory"),
        (lambda path: path.symlink_to("/nowhere/at/all"), "cannot be read: it is not a file"),
    ],
    ids=["missing", "a folder", "a link to nothing"],
)
def test_a_settings_file_that_cannot_be_read_is_reported_with_its_path_and_the_reason(
    tmp_path: Path, make: Callable[[Path], None], problem: str
) -> None:
    file = tmp_path / "prod.env"
    make(file)

    with pytest.raises(ConfigError) as raised:
        load_settings(file)

    assert problem in str(raised.value)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize("password", ["a", "collection", "12345678", "on", "tok"])
def test_a_password_that_is_a_word_is_masked_in_an_address_alone(password: str) -> None:
    uri = f"mongodb://user:{password}@host/school"
    redact = Redaction(Settings(db_uri=SecretStr(uri)).secrets)
    own = "Cannot use the collection of appointment 12345678: a token on the way"

    assert redact(own) == own
    assert f":{password}@" not in redact(f"failed: {uri}")
    assert f":{password}@" not in redact(f"failed: user:{password}@host")


@pytest.mark.parametrize("password", ["p%40ss-w0rd", "Secret-7264"])
def test_a_password_that_is_no_word_is_masked_everywhere(password: str) -> None:
    redact = Redaction(Settings(db_uri=SecretStr(f"mongodb://u:{password}@h/s")).secrets)

    assert redact(f"told: {password}, {unquote(password)}") == "told: ***, ***"


def test_a_school_is_configured_without_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTEGIO_COMPANY_ID", "99")
    monkeypatch.setenv("ALTEGIO_COLLECTION", "another")

    config = SchoolConfig(db_uri=SecretStr("mongodb://localhost/kyiv"), service_ids=("7", "8"))

    assert config.company_ids == ()
    assert config.collection == "altegio-appointments"
    assert config.rules.individual_ids == {"7", "8"}


def test_a_school_has_no_other_values() -> None:
    with pytest.raises(ValidationError, match="colection"):
        SchoolConfig.model_validate({"colection": "a"})
