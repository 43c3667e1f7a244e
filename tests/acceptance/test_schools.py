"""Several schools in one file: one of them, or all, each with a database of its own."""

from __future__ import annotations

import re
import secrets
import signal
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from pymongo import MongoClient

from tests.acceptance.cli import NO_MONGODB, PARTNER_TOKEN, USER_TOKEN, Cli
from tests.acceptance.limits import assert_limits_were_kept
from tests.unit.test_status import parse_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altegio_sync.sandbox import SandboxServer, School
    from tests.mongod import RunningMongod

SCHOOL = """\
[[school]]
name = "{name}"
companies = ["{company}"]
company_token_env = "{prefix}_COMPANY_TOKEN"
user_token_env = "{prefix}_USER_TOKEN"
db_uri_env = "{prefix}_DB_URI"
api_url = "{url}"
service_ids = {services}
page_size = 25

"""
NAMES = ("kyiv", "lviv")
NO_LIMITS = "[budget]\nrequests_per_second = 0\nrequests_per_minute = 0\n"
DATABASES = ("KYIV_DB_URI", "LVIV_DB_URI", "BUDGET_DB_URI")


def iso(days_ago: int) -> str:
    return str(datetime.now(ZoneInfo("Europe/Kyiv")).date() - timedelta(days_ago))


@pytest.fixture
def uris(mongod: RunningMongod) -> Iterator[dict[str, str]]:
    """The addresses of databases that no other test knows."""
    names = {each: f"test_{secrets.token_hex(6)}" for each in DATABASES}
    yield {variable: mongod.uri_of(name) for variable, name in names.items()}
    for each in names.values():
        mongod.drop(each)


@pytest.fixture
def schools(tmp_path: Path, server: SandboxServer, school: School, uris: dict[str, str]) -> Cli:
    """Commands on a file with two schools, whose secrets are in the environment."""
    tables = [
        SCHOOL.format(
            name=name,
            prefix=name.upper(),
            company=school.company_id,
            url=server.url,
            services=[int(each) for each in school.individual_service_ids],
        )
        for name in NAMES
    ]
    (tmp_path / "schools.toml").write_text("".join(tables) + NO_LIMITS)
    tokens = {
        f"{name.upper()}_{kind}_TOKEN": token
        for name in NAMES
        for kind, token in (("COMPANY", PARTNER_TOKEN), ("USER", USER_TOKEN))
    }
    # The last two are settings of one school, which are not read.
    others = {"ALTEGIO_COMPANY_ID": "5", "DB_URI": NO_MONGODB["DB_URI"]}
    return Cli(tmp_path, {"ALTEGIO_SCHOOLS_FILE": "schools.toml", **tokens, **uris, **others})


def count_stored(uri: str) -> int:
    with MongoClient[dict[str, Any]](uri) as client:
        return client.get_default_database()["altegio-appointments"].count_documents({})


def test_a_school_is_synced_into_its_own_database(schools: Cli, uris: dict[str, str]) -> None:
    ran = schools.run("sync", iso(5), "--school", "lviv", "--json")

    assert ran.code == 0, ran.err
    assert count_stored(uris["LVIV_DB_URI"]) == ran.json["records"]["saved"] > 0
    assert count_stored(uris["KYIV_DB_URI"]) == 0


@pytest.mark.parametrize(
    "command",
    [
        ("changes", "--since", "1d", "--dry-run"),
        ("stats",),
        ("status",),
        ("coverage", "last-month"),
        ("validate",),
        ("clean", "--dry-run"),
        ("undo",),
        ("trash", "purge", "--older-than", "30d"),
        ("check",),
        ("services",),
        ("companies",),
        ("backup", "dump"),
        ("interactive", "yesterday"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_works_on_a_school_and_asks_which(
    schools: Cli, uris: dict[str, str], command: tuple[str, ...]
) -> None:
    with MongoClient[dict[str, Any]](uris["KYIV_DB_URI"]) as client:
        collection = client.get_default_database()["altegio-appointments"]
        collection.create_index("appointmentId", unique=True)
        collection.insert_one({"appointmentId": "1"})

    ran = schools.run(*command, "--school", "kyiv")
    open_which = schools.run(*command)

    assert ran.code in (0, 1), ran.out + ran.err
    assert "ERROR" not in ran.err
    assert open_which.code == 2
    assert "has several schools: choose with --school NAME (kyiv, lviv)" in open_which.err


def test_a_file_with_one_school_needs_no_choice(schools: Cli) -> None:
    path = schools.folder / "schools.toml"
    first, *_rest = path.read_text().split('[[school]]\nname = "lviv"')
    path.write_text(first)

    ran = schools.run("check")

    assert ran.code in (0, 3)
    assert f"school kyiv of {path}" in ran.out
    assert "ok   MongoDB: " in ran.out


def test_sentences_name_the_keys_of_the_file(schools: Cli) -> None:
    path = schools.folder / "schools.toml"
    text = path.read_text().replace("requests_per_second = 0", "requests_per_second = 9")
    path.write_text(re.sub("service_ids = .*\n", "", text))
    wrong = {"KYIV_USER_TOKEN": "of-somebody-else"}

    ran = [
        schools.run("check", "--school", "lviv"),
        schools.run("services", "--school", "lviv"),
        schools.run("sync", iso(5), "--school", "lviv", "--company", "5"),
        schools.run("sync", iso(5), "--all-schools", **wrong),
        schools.run("sync", iso(5), "--school", "kyiv", "--json", **wrong),
    ]

    shown = "".join(each.out + each.err for each in ran)
    assert not re.search("ALTEGIO_|DB_URI(?! in)", shown), shown
    for words in (
        "service_ids is not set",
        "requests_per_second is 9",
        "\nservice_ids = [",
        "Company 5 is not in companies (",
        "check company_token_env and user_token_env",
    ):
        assert words in shown


def test_all_schools_have_one_result(schools: Cli, uris: dict[str, str]) -> None:
    ran = schools.run("sync", iso(5), "--all-schools", "--json")

    assert ran.code == 0, ran.err
    assert (ran.json["command"], ran.json["ok"]) == ("sync", True)
    assert [each["school"] for each in ran.json["schools"]] == ["kyiv", "lviv"]
    for each, uri in zip(
        ran.json["schools"], (uris["KYIV_DB_URI"], uris["LVIV_DB_URI"]), strict=True
    ):
        assert each["command"] == "sync"
        assert each["records"]["saved"] == count_stored(uri) > 0


def test_all_schools_are_shown_in_the_order_of_the_file(schools: Cli) -> None:
    ran = schools.run("sync", iso(5), "--all-schools")
    status = schools.run("status", "--all-schools")
    quiet = schools.run("changes", "--since", "1d", "--all-schools", "-q")

    for out in (ran.out, status.out):
        assert [line for line in out.splitlines() if line.startswith("School")] == [
            "School kyiv",
            "School lviv",
        ]
    assert "INFO kyiv: " in ran.err
    assert "INFO lviv: " in ran.err
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


@pytest.mark.parametrize(
    ("broken", "code"), [(("KYIV",), 1), (NAMES, 3)], ids=["one fails", "all fail"]
)
def test_a_school_that_fails_stops_no_other(
    schools: Cli, uris: dict[str, str], broken: tuple[str, ...], code: int
) -> None:
    wrong = {f"{each.upper()}_USER_TOKEN": "of-somebody-else" for each in broken}

    ran = schools.run("sync", iso(5), "--all-schools", "--json", **wrong)

    assert ran.code == code
    assert not ran.json["ok"]
    kyiv, lviv = ran.json["schools"]
    assert kyiv["errors"][0]["code"] == "unauthorized"
    assert lviv["ok"] == (code == 1)
    assert (count_stored(uris["LVIV_DB_URI"]) > 0) == (code == 1)
    assert "ERROR kyiv: " in ran.err


@pytest.mark.parametrize("command", [("status",), ("sync", iso(5)), ("changes", "--since", "1d")])
def test_a_school_whose_database_is_away_stops_no_other(
    schools: Cli, command: tuple[str, ...]
) -> None:
    # The budget is not with that school.
    path = schools.folder / "schools.toml"
    path.write_text(path.read_text() + 'db_uri_env = "BUDGET_DB_URI"\n')
    away = {"KYIV_DB_URI": NO_MONGODB["DB_URI"], "PYTHONWARNINGS": NO_MONGODB["PYTHONWARNINGS"]}

    ran = schools.run(*command, "--all-schools", "--json", **away)
    text = schools.run(*command, "--all-schools", **away)

    kyiv, lviv = ran.json["schools"]
    assert kyiv["errors"][0]["code"] == "store_failed"
    assert lviv["command"] == command[0]
    assert "errors" not in lviv or lviv["errors"] == []
    assert "ERROR School kyiv: MongoDB cannot be reached" in text.out
    assert "SECRET" not in ran.out + ran.err + text.out + text.err


def test_the_metrics_of_all_schools_are_one_text_also_where_one_is_away(schools: Cli) -> None:
    path = schools.folder / "schools.toml"
    path.write_text(path.read_text() + 'db_uri_env = "BUDGET_DB_URI"\n')
    away = {"KYIV_DB_URI": NO_MONGODB["DB_URI"], "PYTHONWARNINGS": NO_MONGODB["PYTHONWARNINGS"]}
    assert schools.run("sync", iso(5), "--school", "lviv").code == 0

    ran = schools.run("status", "--prometheus", "--all-schools", **away)
    file = ("status", "--metrics-file", "all.prom", "--all-schools")
    silent = schools.run(*file, "-q", **away)
    refused = schools.run("status", "--prometheus", "--json", "--all-schools")

    metrics = parse_metrics(ran.out.removesuffix("\n"))
    assert metrics['altegio_sync_needs_attention{school="kyiv"}'] == 1
    assert metrics['altegio_sync_documents{school="lviv"}'] > 0
    labels = 'school="lviv",company="77",command="sync"'
    assert metrics[f"altegio_sync_last_success_timestamp_seconds{{{labels}}}"] > 0
    assert (silent.code, silent.out, silent.err) == (ran.code, "", "")
    assert '{school="kyiv"} 1' in (schools.folder / "all.prom").read_text()
    assert refused.code == 2


def test_ctrl_c_keeps_what_is_stored_and_sums_all_schools_up(
    schools: Cli, server: SandboxServer
) -> None:
    server.latency_s = 0.3
    path = schools.folder / "schools.toml"
    path.write_text(path.read_text().replace("requests_per_second = 0", "requests_per_second = 4"))
    process = schools.start("sync", "last-month", "--all-schools", "--json")
    assert process.stderr is not None
    for line in process.stderr:
        if "Page 2" in line:
            break
    process.send_signal(signal.SIGINT)

    out, _err = process.communicate(timeout=120)

    assert process.returncode == 130
    assert '"school": "kyiv"' in out
    assert '"school": "lviv"' in out


def test_options_of_one_school_are_refused_with_all(schools: Cli) -> None:
    for options in (
        ("sync", "yesterday", "--company", "77"),
        ("sync", "yesterday", "--skipped", "list.csv"),
        ("status", "--company", "77"),
        ("changes", "--school", "kyiv"),
    ):
        ran = schools.run(*options, "--all-schools")

        assert ran.code == 2
        assert "and --all-schools exclude each other" in ran.err


def test_a_token_in_the_file_is_refused_and_not_shown(schools: Cli) -> None:
    path = schools.folder / "schools.toml"
    path.write_text(path.read_text().replace('"KYIV_USER_TOKEN"', f'"{USER_TOKEN}"'))

    for options in (("stats", "--school", "lviv"), ("status", "--all-schools", "--json")):
        ran = schools.run(*options)

        assert ran.code == 2
        assert f"{path}, line 5: " in ran.err
        assert "SECRET" not in ran.out + ran.err


def test_two_schools_with_two_databases_keep_the_windows_together(
    schools: Cli, server: SandboxServer, uris: dict[str, str]
) -> None:
    """Four processes; dry runs, which take no lease, so that they work side by side."""
    path = schools.folder / "schools.toml"
    text = path.read_text().replace("page_size = 25", "page_size = 10").replace(NO_LIMITS, "")
    path.write_text(text + '[budget]\ndb_uri_env = "BUDGET_DB_URI"\nkey = "office"\n')
    processes = [
        schools.start("sync", iso(day), "--dry-run", "-q", "--school", name)
        for name in NAMES
        for day in (20, 30)
    ]
    for process in processes:
        with process:
            _out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err

    with MongoClient[dict[str, Any]](uris["BUDGET_DB_URI"], tz_aware=True) as client:
        database = client.get_default_database()
        budgets = list(database["altegio-sync-budget"].find())
        assert [each["_id"] for each in budgets] == ["office"]
        assert len({each["by"] for each in budgets[0]["starts"]}) == 4
        assert len(server.requests) > 12
        assert_limits_were_kept(server, database)
    for name in ("KYIV_DB_URI", "LVIV_DB_URI"):
        with MongoClient[dict[str, Any]](uris[name]) as client:
            names = client.get_default_database().list_collection_names()
            assert "altegio-sync-budget" not in names


def test_the_budget_that_cannot_be_reached_ends_a_run_before_any_request(
    schools: Cli, server: SandboxServer
) -> None:
    path = schools.folder / "schools.toml"
    path.write_text(path.read_text() + 'db_uri_env = "BUDGET_DB_URI"\n')
    away = {"BUDGET_DB_URI": NO_MONGODB["DB_URI"], "PYTHONWARNINGS": NO_MONGODB["PYTHONWARNINGS"]}

    ran = schools.run("sync", iso(5), "--school", "kyiv", **away)
    stats = schools.run("stats", "--school", "kyiv", **away)

    assert ran.code == 3
    assert "The database of the request budget: MongoDB cannot be reached" in ran.err
    assert server.requests == []
    assert stats.code == 0
