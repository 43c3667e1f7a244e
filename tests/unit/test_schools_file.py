"""`schools.toml`: which schools it names, and what is refused without showing the line's text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from altegio_sync.config import SchoolOfFile, SettingsSource
from altegio_sync.config.schools import load_schools
from altegio_sync.domain.leads import LeadIdKind
from altegio_sync.errors import ConfigError

KYIV = """\
[[school]]
name = "kyiv"
companies = ["77", "78"]
company_token_env = "KYIV_COMPANY_TOKEN"
user_token_env = "KYIV_USER_TOKEN"
db_uri_env = "KYIV_DB_URI"
collection = "appointments-of-kyiv"
service_ids = [12508353]
trial_service_ids = [10669989]
lead_id = "crm"
crm_id_digits = "7-8"
language = "uk"
"""
LVIV = KYIV.replace("kyiv", "lviv").replace("KYIV", "LVIV")
BUDGET = """\
[budget]
db_uri_env = "BUDGET_DB_URI"
key = "office"
requests_per_second = 3.5
requests_per_minute = 150
"""
TOKEN = "k3n8vq2mz7xw4c9bt5rj"
PASSWORD = "pass-SECRET-7264"


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith(("ALTEGIO_", "DB_URI"))]:
        monkeypatch.delenv(name)
    for school in ("KYIV", "LVIV"):
        monkeypatch.setenv(f"{school}_COMPANY_TOKEN", f"partner-of-{school}")
        monkeypatch.setenv(f"{school}_USER_TOKEN", f"user-of-{school}")
        monkeypatch.setenv(f"{school}_DB_URI", f"mongodb://a:{PASSWORD}@localhost/{school.lower()}")
    monkeypatch.setenv("BUDGET_DB_URI", "mongodb://localhost/budget")


def write(text: str | bytes) -> Path:
    path = Path("schools.toml").absolute()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def schools(text: str | bytes, *names: str) -> list[SchoolOfFile]:
    return load_schools(write(text), names)


def refusal(text: str | bytes, *names: str) -> str:
    with pytest.raises(ConfigError) as raised:
        schools(text, *names)
    return str(raised.value).replace(str(Path("schools.toml").absolute()), "FILE")


def test_a_school_has_every_setting_of_its_table_and_of_the_budget() -> None:
    kyiv, lviv = schools(BUDGET + KYIV + LVIV)

    assert (kyiv.name, lviv.name) == ("kyiv", "lviv")
    assert kyiv.company_ids == ("77", "78")
    assert kyiv.company_token.get_secret_value() == "partner-of-KYIV"
    assert lviv.db_uri.get_secret_value().endswith("/lviv")
    assert (kyiv.service_ids, kyiv.trial_service_ids) == (("12508353",), ("10669989",))
    assert (kyiv.lead_id, kyiv.crm_id_digits, kyiv.language) == (LeadIdKind.CRM, "7-8", "uk")
    assert (kyiv.budget_key, kyiv.requests_per_second, kyiv.requests_per_minute) == (
        "office",
        3.5,
        150,
    )
    assert kyiv.budget_home.uri.get_secret_value() == "mongodb://localhost/budget"
    assert PASSWORD in kyiv.secrets
    assert PASSWORD not in repr(kyiv)


def test_requests_are_counted_with_the_first_school_where_the_budget_has_no_address() -> None:
    lviv = schools(KYIV + LVIV, "lviv")[0]

    assert lviv.budget_home.uri.get_secret_value().endswith("/kyiv")
    assert schools(KYIV + LVIV, "kyiv")[0].budget_home == schools(KYIV + LVIV)[0].home


def test_the_settings_of_the_environment_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTEGIO_PAGE_SIZE", "auto")
    monkeypatch.setenv("ALTEGIO_COLLECTION", "another")
    Path(".env").write_text("ALTEGIO_LEAD_ID=client\nALTEGIO_REQUESTS_PER_SECOND=1\n")

    kyiv = schools(KYIV)[0]

    assert (kyiv.page_size, kyiv.collection) == (50, "appointments-of-kyiv")
    assert (kyiv.lead_id, kyiv.requests_per_second) == (LeadIdKind.CRM, 4)


def test_a_variable_may_be_in_the_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KYIV_USER_TOKEN")
    Path(".env").write_text("KYIV_USER_TOKEN=from-the-file\n")

    assert schools(KYIV)[0].user_token.get_secret_value() == "from-the-file"


@pytest.mark.parametrize(
    ("before", "after", "line", "reason"),
    [
        ("service_ids", "servise_ids", 8, "unknown key: did you mean service_ids?"),
        ("service_ids = [12508353]", "secret_recipe = 1", 8, "unknown key"),
        ("[[school]]", "[[schools]]", 1, "unknown key: did you mean school?"),
        ("[[school]]", "[school]", 1, "expected [[school]], with two brackets"),
        ("[[school]]", "school = 1\n[[x]]", 1, "expected [[school]], with two brackets"),
        ("company_token_env", "company_token", 4, "company_token does not belong in this file"),
        ('"KYIV_DB_URI"', '"mongodb://localhost/kyiv"', 6, "Invalid db_uri_env"),
        ('"KYIV_DB_URI"', f'"mongodb://a:{PASSWORD}@h/kyiv"', 6, "this looks like a token"),
        ('"KYIV_USER_TOKEN"', f'"{TOKEN}"', 5, "this looks like a token"),
        ('"KYIV_USER_TOKEN"', f'"{TOKEN.upper()}"', 5, "this looks like a token"),
        ('"KYIV_USER_TOKEN"', TOKEN, 5, "this looks like a token"),
        ('"crm"', f'"crm"  # {TOKEN}', 10, "this looks like a token"),
        ('"crm"', '"crm\n', 10, "this is not TOML"),
        ('"crm"', "crm", 10, "this is not TOML"),
        ('name = "kyiv"\n', "", 1, "this school has no name"),
        ('"kyiv"', "7", 2, "expected a name in quotes"),
        ('"kyiv"', '" "', 2, "expected a name in quotes"),
        ('"kyiv"', r'"a\nb"', 2, "expected a name in quotes"),
        ('["77", "78"]', "true", 3, "Invalid companies: expected a list"),
        ('["77", "78"]', "7.5", 3, "Invalid companies: expected a list"),
        ('["77", "78"]', '["77", ["78"]]', 3, "Invalid companies: expected a list"),
        ('["77", "78"]', '["77", ""]', 3, "Invalid companies: expected a list"),
        ('["77", "78"]', '["77",\n  "kyiv"]', 3, "Invalid companies: expected a number"),
        ('["77", "78"]', "[-7]", 3, "Invalid companies: expected a number"),
        ('["77", "78"]', "{a = 1}", 3, "Invalid companies: expected a list"),
        ('["77", "78"]', "2026-01-01", 3, "Invalid companies: expected a list"),
        ("[12508353]", '["a"]', 8, "Invalid service_ids: expected a number"),
        ('"appointments-of-kyiv"', "7", 7, "Invalid collection: expected text in quotes"),
        ('"appointments-of-kyiv"', '"a$b"', 7, "Invalid collection: expected the name"),
        ('"crm"', '"nobody"', 10, "Invalid lead_id: expected crm, client or crm-or-client"),
        ('"crm"', '"""\n\ncrm\n"""\npage_size = 0', 14, "Invalid page_size: expected a number"),
        ('"crm"', '"crm"\npage_size = []', 11, "Invalid page_size: expected a number"),
        ('"crm"', '"crm"\nrequests_per_second = 1', 11, "requests_per_second belongs in [budget]"),
        ('"uk"', '"de"', 12, "Invalid language: expected uk or en"),
        ('"uk"', '["uk"]', 12, "Invalid language: expected uk or en"),
        ('"uk"', '"uk"\n[school.x]\na = 1', 13, "unknown key"),
        ('"uk"', '"uk"\n[[budget]]', 13, "expected one table: [budget]"),
        ('"uk"', '"uk"\n[budget]\nkeys = 1', 14, "unknown key: did you mean key?"),
        (
            *('"uk"', '"uk"\n[budget]\nrequests_per_minute = "many"', 14),
            "Invalid requests_per_minute: expected a number from 0 to 60000; 0 turns",
        ),
        ('"uk"', '"uk"\nALTEGIO_PAGE_SIZE = 50', 13, "unknown key: did you mean page_size?"),
        ('"uk"', '"uk"\nname = "lviv"', 13, "this table or key is in the file twice"),
        ('"uk"', '"uk"\n[budget]\n[budget]', 14, "this table or key is in the file twice"),
    ],
)
def test_a_wrong_line_is_named_and_not_shown(
    before: str, after: str, line: int, reason: str
) -> None:
    told = refusal(KYIV.replace(before, after, 1))

    assert f"FILE, line {line}: {reason}" in told
    for secret in (TOKEN, TOKEN.upper(), PASSWORD, "servise", "secret_recipe", "nobody", "mongodb"):
        assert secret not in told


def test_every_wrong_line_is_named_at_once() -> None:
    told = refusal(KYIV.replace('"crm"', '"x"') + LVIV.replace('"uk"', '"de"'))

    assert [each.split(":")[0] for each in told.splitlines()] == ["FILE, line 10", "FILE, line 24"]


def test_a_name_is_used_once() -> None:
    told = refusal(KYIV + LVIV.replace('"lviv"', '"kyiv"'))

    assert told == "FILE, line 14: the school of line 2 has the same name"


def test_a_file_of_the_other_forms_of_toml_is_read_and_its_lines_are_known() -> None:
    text = (
        '\ufeff# comment\r\nbudget.key = "office"\r\n'
        'school = [\r\n  {name = "a", companies = "all-of-them"},\r\n]\r\n'
    )

    assert refusal(text) == (
        "FILE, line 3: Invalid companies: expected a number, or several separated by commas"
    )


@pytest.mark.parametrize(
    "text", ["", "[budget]\n", "school = []"], ids=["empty", "budget alone", "an empty list"]
)
def test_a_file_without_a_school_is_refused(text: str) -> None:
    assert "it has no [[school]]" in refusal(text)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_variable_is_named_by_its_key_and_line(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KYIV_DB_URI")
    if value is None:
        monkeypatch.delenv("KYIV_USER_TOKEN")
    else:
        monkeypatch.setenv("KYIV_USER_TOKEN", value)

    assert refusal(KYIV) == (
        "Missing required environment variables, which FILE names: "
        "user_token_env in line 5, db_uri_env in line 6"
    )


def test_the_variables_of_schools_that_are_not_asked_for_may_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KYIV_USER_TOKEN")

    assert schools(KYIV + LVIV, "lviv")[0].name == "lviv"
    assert "line 5" in refusal(KYIV + LVIV)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [("KYIV_USER_TOKEN", "two words", 5), ("KYIV_DB_URI", f"mongodb://a:{PASSWORD}@h", 6)],
)
def test_a_wrong_value_of_a_variable_is_not_shown(
    name: str, value: str, line: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    told = refusal(KYIV)

    assert told.startswith(f"FILE, line {line}: the variable that ")
    assert value not in told


def test_a_school_without_a_required_key_is_refused() -> None:
    text = KYIV.replace('companies = ["77", "78"]', "companies = []").replace("user_token_env", "#")

    assert refusal(text) == "FILE, line 1: this school has no companies, user_token_env"
    assert load_schools(write(text), required=["DB_URI"])[0].name == "kyiv"


def test_an_unknown_school_is_reported_with_those_that_there_are() -> None:
    assert refusal(KYIV + LVIV, "lvov") == (
        "There is no school lvov in FILE (kyiv, lviv): did you mean lviv?"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "There is no schools file FILE"),
        ("folder", "The schools file FILE cannot be read: it is a directory"),
        (b"name = '\xff'", "The schools file FILE cannot be read: it is not text in UTF-8"),
        (b"#" * 1_000_001, "The schools file FILE cannot be read: it is larger than 1000000 bytes"),
        (b"a = " + b"[" * 9000, "FILE, line 1: this is not TOML"),
        (b"a = " + b"1" * 9000, "FILE, line 1: this is not TOML"),
    ],
    ids=["missing", "folder", "latin", "large", "deep", "long number"],
)
def test_a_file_that_cannot_be_read_is_reported(content: bytes | str | None, reason: str) -> None:
    path = Path("schools.toml").absolute()
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)

    with pytest.raises(ConfigError) as raised:
        load_schools(path)

    assert str(raised.value).replace(str(path), "FILE").startswith(reason)


def test_the_path_may_begin_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(KYIV)

    assert load_schools(Path("~/schools.toml"))[0].name == "kyiv"


@pytest.mark.parametrize("place", ["option", "environment", "file"])
def test_the_file_is_named_by_an_option_or_a_variable(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(KYIV)
    if place == "environment":
        monkeypatch.setenv("ALTEGIO_SCHOOLS_FILE", str(path))
    if place == "file":
        Path(".env").write_text(f"ALTEGIO_SCHOOLS_FILE={path}\nALTEGIO_COMPANY_ID=5\n")
    source = SettingsSource(schools_file=path if place == "option" else None)

    assert source.load().company_ids == ("77", "78")


def test_of_several_schools_one_must_be_chosen() -> None:
    path = write(KYIV + LVIV)

    assert SettingsSource(schools_file=path, school="lviv").load().collection.endswith("lviv")
    with pytest.raises(ConfigError, match=r"choose with --school NAME \(kyiv, lviv\)"):
        SettingsSource(schools_file=path).load()


def test_the_options_need_a_schools_file() -> None:
    with pytest.raises(ConfigError, match="--school needs a schools file"):
        SettingsSource(school="kyiv").load()
    with pytest.raises(ConfigError, match="--all-schools needs a schools file"):
        SettingsSource().load_all()
    with pytest.raises(ConfigError, match="--school and --all-schools exclude each other"):
        SettingsSource(school="kyiv", schools_file=write(KYIV)).load_all()
