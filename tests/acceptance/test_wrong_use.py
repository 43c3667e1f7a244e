"""Bad input, missing settings, and servers that are not there: a message, a code, no traceback."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from pymongo import MongoClient

from tests.acceptance.cli import COMMAND, NO_MONGODB, PARTNER_TOKEN, PASSWORD, USER_TOKEN, Cli
from tests.mongod import running_mongod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.sandbox import SandboxServer, School
    from tests.mongod import RunningMongod


def test_all_that_is_missing_is_named_together(tmp_path: Path) -> None:
    ran = Cli(tmp_path).run("sync", "today")

    assert ran.code == 2
    assert ran.err.startswith(
        "ERROR Missing required environment variables: "
        "ALTEGIO_COMPANY_ID, ALTEGIO_COMPANY_TOKEN, ALTEGIO_USER_TOKEN, DB_URI\n"
    )


@pytest.mark.parametrize("arguments", [["2025-13-01"], ["2025-02-30", "2025-03-01"], ["tuesday"]])
def test_a_bad_date_asks_nothing_of_anybody(
    cli: Cli, server: SandboxServer, arguments: list[str]
) -> None:
    ran = cli.run("sync", *arguments, "--json", **NO_MONGODB)

    assert ran.code == 2
    assert ran.err.startswith(f"ERROR Invalid date format: {arguments[0]!r} (expected YYYY-MM-DD")
    assert ran.json["ok"] is False
    assert ran.json["command"] == "sync"
    assert server.requests == []


@pytest.mark.parametrize("option", ["--since", "--overlap"])
def test_a_span_that_leads_out_of_the_calendar_is_told(cli: Cli, option: str) -> None:
    ran = cli.run("changes", option, "999999d", **NO_MONGODB)

    assert ran.code == 2
    assert ran.err.startswith("ERROR Invalid d")
    assert "'999999d'" in ran.err


def test_dates_the_wrong_way_round(cli: Cli) -> None:
    ran = cli.run("sync", "2025-02-01", "2025-01-01")

    assert ran.code == 2
    assert "Start date cannot be after end date" in ran.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALTEGIO_API_URL", "http://example.invalid/api/v1"),
        ("ALTEGIO_API_URL", "ftp://example.invalid"),
        ("ALTEGIO_PAGE_SIZE", "0"),
        ("ALTEGIO_PAGE_SIZE", "5000"),
        ("ALTEGIO_COMPANY_ID", "school"),
        ("ALTEGIO_TIMEZONE", "Kyiv"),
        ("ALTEGIO_CRM_ID_PATTERN", "[0-9]+"),
        ("ALTEGIO_CRM_ID_PATTERN", "(?P<id>[0-9+"),
        ("ALTEGIO_REQUESTS_PER_SECOND", "-1"),
        ("ALTEGIO_SERVICE_IDS", "1,two"),
        ("DB_URI", "mongodb://127.0.0.1:27017"),
        ("DB_URI", "postgres://127.0.0.1/school"),
    ],
)
def test_a_wrong_setting_is_named(cli: Cli, server: SandboxServer, name: str, value: str) -> None:
    ran = cli.run("sync", "today", **{name: value})

    assert ran.code == 2
    assert ran.err.startswith("ERROR ")
    assert name in ran.err
    assert "Traceback" not in ran.err
    assert server.requests == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ALTEGIO_COMPANY_TOKEN": "wrong"}, "Altegio refused the tokens (401"),
        ({"ALTEGIO_USER_TOKEN": "wrong"}, "Altegio refused the tokens (401"),
        ({"ALTEGIO_COMPANY_ID": "4040"}, "ALTEGIO_COMPANY_ID"),
    ],
    ids=["partner", "user", "company"],
)
def test_what_altegio_refuses_is_asked_for_once(
    cli: Cli, server: SandboxServer, changes: dict[str, str], told: str
) -> None:
    ran = cli.run("sync", "today", **changes)

    assert ran.code == 3
    assert "ERROR Error fetching appointments: " in ran.err
    assert told in ran.err
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "command",
    [["sync", "today", "--json"], ["changes", "--since", "1d", "--json"], ["interactive", "today"]],
    ids=["sync", "changes", "interactive"],
)
def test_a_zone_that_nobody_knows_wants_a_setting(
    cli: Cli, school: School, command: list[str]
) -> None:
    school.timezone = "Atlantis/Capital"

    ran = cli.run(*command)

    assert ran.code == 2
    assert "set ALTEGIO_TIMEZONE" in ran.err
    assert "--json" not in command or ran.json["errors"][0]["code"] == "config"


def test_a_check_reports_a_dead_mongodb(cli: Cli) -> None:
    ran = cli.run("check", **NO_MONGODB)

    assert ran.code == 3
    assert "MongoDB cannot be reached: 127.0.0.1:9" in ran.err + ran.out


def test_settings_come_from_the_environment_then_from_a_file(
    cli: Cli, tmp_path: Path, school: School
) -> None:
    (tmp_path / "other.env").write_text(
        f"ALTEGIO_COMPANY_ID={school.company_id}\nALTEGIO_TIMEZONE=Nowhere\n", encoding="utf-8-sig"
    )

    read = cli.run(
        "services", "--env-file", "other.env", ALTEGIO_COMPANY_ID=None, ALTEGIO_TIMEZONE="UTC"
    )
    missing = cli.run("services", "--env-file", "none.env")

    assert read.code == 0, read.err
    assert missing.code == 2
    assert missing.err == f"ERROR There is no settings file {cli.folder}/none.env\n"


@pytest.mark.parametrize(
    "command", [["stats"], ["stats", "--json"], ["sync", "yesterday", "--json"]]
)
def test_a_full_disk_behind_the_output_is_told_without_a_traceback(
    cli: Cli, command: list[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*COMMAND, *command],
            cwd=cli.folder,
            env=cli.environment({}),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == "ERROR Cannot write the output: No space left on device"


@pytest.mark.parametrize(
    ("closed", "command", "code", "told"),
    [
        (">&-", "stats", 1, "ERROR Cannot write the output: stdout is closed"),
        (">&-", "sync yesterday --json", 1, "ERROR Cannot write the output: stdout is closed"),
        ("2>&-", "sync today --json", 0, ""),
        ("<&-", "interactive", 2, "ERROR The input ended"),
    ],
)
def test_what_was_closed_from_the_start_is_told_or_done_without(
    cli: Cli, closed: str, command: str, code: int, told: str
) -> None:
    ran = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, *command.split()],
        cwd=cli.folder,
        env=cli.environment({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == code, ran.stderr
    assert ran.stderr.startswith(told)
    assert len(ran.stderr.splitlines()) == bool(told)
    assert "--json" not in command or code or json.loads(ran.stdout)["ok"]


def test_a_full_disk_behind_the_list_of_skipped_ones_does_not_end_the_run(cli: Cli) -> None:
    mode = Path("/dev/full").stat().st_mode

    ran = cli.run("sync", "last-week", "--json", "--skipped", "/dev/full")

    assert ran.code == 1
    assert ran.json["records"]["saved"] > 0
    assert [each["code"] for each in ran.json["errors"]] == ["skipped_not_listed"]
    assert "Cannot write /dev/full: No space left on device" in ran.err
    assert Path("/dev/full").stat().st_mode == mode
    kept = cli.run("stats", "--json").json["last_run"]
    assert kept["run_id"] == ran.json["run_id"]
    assert kept["ok"] is False


def test_services_are_ready_to_paste(cli: Cli, school: School) -> None:
    ran = cli.run("services")
    listed = cli.run("services", "--json").json["services"]

    pasted = dict(line.split("=") for line in ran.out.splitlines() if line.startswith("ALTEGIO_"))
    assert set(pasted["ALTEGIO_SERVICE_IDS"].split(",")) == set(school.individual_service_ids)
    assert set(pasted["ALTEGIO_TRIAL_SERVICE_IDS"].split(",")) == set(school.trial_service_ids)
    assert {each["id"] for each in listed} == {str(each["id"]) for each in school.services}


def test_the_services_that_are_booked_most_come_first(cli: Cli) -> None:
    ran, listed = cli.run("services"), cli.run("services", "--json").json["services"]

    heading, *rows = ran.out.splitlines()[1 : len(listed) + 2]
    times = [int(row.split()[1]) for row in rows]
    assert heading.split() == ["Id", "In", "30", "days", "Length", "Kept", "as", "Title"]
    assert times == sorted((each["booked"] for each in listed), reverse=True)
    assert times[0] > times[-1]


def test_services_of_several_companies_are_listed_but_for_those_that_cannot_be_had(
    cli: Cli,
) -> None:
    partly = cli.run("services", "--json", ALTEGIO_COMPANY_ID="77,79")
    none = cli.run("services", ALTEGIO_COMPANY_ID="78,79")

    assert partly.code == 1
    assert none.code == 3
    assert {each["company"] for each in partly.json["services"]} == {"77"}
    assert [each["company"] for each in partly.json["errors"]] == ["79"]
    assert "Company 78: " in none.err
    assert "Company 79: " in none.err


def test_check_finds_all_in_order_and_says_what_is_not(cli: Cli) -> None:
    good = cli.run("check")
    bad = cli.run("check", "--json", ALTEGIO_COMPANY_TOKEN="wrong")

    assert good.code == 0, good.out
    assert {line.split()[0] for line in good.out.splitlines()} == {"ok"}
    assert "1000 a page" in good.out
    assert bad.code == 3
    assert [each["check"] for each in bad.json["checks"] if not each["ok"]] == ["company 77"]


@pytest.fixture(scope="module")
def guarded() -> Iterator[RunningMongod]:
    """A MongoDB that wants a user, and has one who may read, and no more."""
    with running_mongod(has_users=True) as running:
        client: MongoClient[dict[str, Any]]
        with MongoClient(running.uri) as client:
            client.admin.command("createUser", "reader", pwd=PASSWORD, roles=["readAnyDatabase"])
        yield running


@pytest.mark.parametrize(
    ("user", "failed", "said"),
    [
        ("", ["MongoDB rights", "MongoDB"], "wants a user and a password"),
        (f"reader:{PASSWORD}@", ["MongoDB rights"], "needs the role readWrite"),
    ],
    ids=["nobody", "reader"],
)
def test_check_goes_on_where_mongodb_lets_it_write_nothing(
    cli: Cli, guarded: RunningMongod, user: str, failed: list[str], said: str
) -> None:
    uri = f"mongodb://{user}{guarded.address}/school?authSource=admin"

    ran = cli.run("check", "--json", DB_URI=uri, ALTEGIO_REQUESTS_PER_SECOND="4")

    assert ran.code == 3
    bad = [each for each in ran.json["checks"] if not each["ok"]]
    assert [each["check"] for each in bad] == failed
    assert said in bad[0]["text"]
    assert bad[0]["hint"].startswith("grant the role")
    told = {each["check"] for each in ran.json["checks"]}
    assert {"company 77", "time zone", "timetable", "staff"} < told
    assert PASSWORD not in ran.out + ran.err


def test_a_check_that_was_interrupted_is_not_ok(cli: Cli, server: SandboxServer) -> None:
    server.latency_s = 2
    process = cli.start("check", "--json")
    while not server.requests:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)

    out, _err = process.communicate(timeout=120)

    assert process.returncode == 130
    assert json.loads(out)["ok"] is False


def test_nothing_private_is_told_on_any_way_to_fail(
    cli: Cli, server: SandboxServer, school: School
) -> None:
    from altegio_sync.sandbox import Fault

    told = [cli.run("sync", "last-month", "-v")]
    told.append(cli.run("sync", "last-month", "-v", "--log-format", "json"))
    told.append(cli.run("sync", "last-month", "-v", **NO_MONGODB))
    told.append(cli.run("sync", "last-month", "-v", ALTEGIO_COMPANY_TOKEN=f"{PARTNER_TOKEN}x"))
    told.append(cli.run("sync", "last-month", "-v", ALTEGIO_PAGE_SIZE=PASSWORD))
    told.append(cli.run("check", DB_URI=f"mongodb://a:{PASSWORD}@b@c/d"))
    for fault in (Fault.CUT, Fault.HTML, Fault.PROXY_403):
        server.fail(fault, times=1)
        told.append(cli.run("sync", "last-month", "-v"))

    text = "".join(ran.out + ran.err for ran in told)
    private = {PARTNER_TOKEN, USER_TOKEN, PASSWORD}
    for record in school.planted(*_whole_year()):
        client = record.body["client"] or {}
        names = str(client.get("name", "")).split()
        private |= {word for word in names if len(word) > 3 and not word.isascii()}
        private |= {str(client.get(key, "")) for key in ("phone", "email", "surname")}
        private.add(str(record.body.get("comment", "")))
    private = {each for each in private if len(each) > 3}
    teachers = {word for person in school.staff for word in str(person["name"]).split()}
    assert len(private) > 50
    assert [each for each in private - teachers if each in text] == []
    assert "Traceback" not in text


def _whole_year() -> tuple[date, date]:
    today = datetime.now(ZoneInfo("Europe/Kyiv")).date()
    return today - timedelta(days=60), today


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "--metrics-file"),
        ("stats", "last-month", "--html"),
        ("sync", "last-month", "--skipped"),
        ("validate", "--report"),
        ("todo",),
        ("export", "last-month"),
        ("status", "--log-file"),
        ("init", "--env-file"),
    ],
    ids=lambda arguments: arguments[0] + arguments[-1],
)
def test_a_file_with_the_name_of_a_folder_is_refused(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    before = sorted(tmp_path.iterdir())

    for path in ("new.csv/", "new.csv/."):
        ran = cli.run(*arguments, path)
        assert ran.code == 2
        assert "it is a folder" in ran.err
    assert sorted(tmp_path.iterdir()) == before
