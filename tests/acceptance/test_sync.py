"""`altegio-sync sync`, end to end."""

from __future__ import annotations

import csv
import json
import re
import signal
import stat
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymongo.database import Database

    from altegio_sync.sandbox import PlantedRecord, SandboxServer, School
    from tests.acceptance.cli import Cli

Document = dict[str, Any]
SKIPS = ("service", "no_crm_id", "teacher_not_found", "invalid")


@pytest.fixture
def stored(db_uri: str) -> Iterator[Database[Document]]:
    with MongoClient[Document](db_uri, tz_aware=True) as client:
        yield client.get_default_database()


def last_month() -> tuple[date, date]:
    last = datetime.now(ZoneInfo("Europe/Kyiv")).date().replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


@pytest.fixture
def planted(school: School) -> list[PlantedRecord]:
    return school.planted(*last_month())


def holds_identity(records: dict[str, Any]) -> bool:
    parts = ("saved", "updated", "duplicates", "failed")
    told = sum(records[part] for part in parts) + sum(records["skipped"].values())
    return bool(records["fetched"] == told)


def test_a_month_is_stored_right_in_every_field_and_counted_by_every_reason(
    cli: Cli, stored: Database[Document], planted: list[PlantedRecord], school: School
) -> None:
    ran = cli.run("sync", "last-month", "--json")

    report = ran.json
    outcomes = Counter(record.outcome for record in planted)
    documents = {each["appointmentId"]: each for each in stored["altegio-appointments"].find()}
    assert ran.code == 0, ran.err
    assert len(planted) > 500
    assert all(outcomes[reason] for reason in ("kept", *SKIPS))
    assert report["records"]["fetched"] == len(planted)
    assert report["records"]["saved"] == outcomes["kept"] == len(documents)
    assert report["records"]["skipped"] == {reason: outcomes[reason] for reason in SKIPS}
    assert holds_identity(report["records"])
    for record in planted:
        if record.document is not None:
            document = documents[record.document["appointmentId"]]
            assert {name: document[name] for name in record.document} == record.document
    first, last = last_month()
    assert report["period"] == {"from": str(first), "to": str(last), "timezone": school.timezone}
    assert report["companies"] == [school.company_id]
    assert report["ok"] is True
    assert report["mode"] == "new-only"
    assert report["dry_run"] is False
    kept_report = stored["altegio-sync-runs"].find_one({"_id": report["run_id"]})
    assert kept_report is not None
    assert kept_report["records"] == report["records"]


def test_a_second_run_saves_nothing(cli: Cli, stored: Database[Document]) -> None:
    first = cli.run("sync", "last-month", "--json").json["records"]
    before = list(stored["altegio-appointments"].find())

    second = cli.run("sync", "last-month", "--json").json["records"]
    update = cli.run("sync", "last-month", "--update", "--json").json["records"]

    assert second["saved"] == update["saved"] == update["updated"] == second["stale"] == 0
    assert second["duplicates"] == update["duplicates"] == first["saved"]
    assert second["skipped"] == first["skipped"]
    assert list(stored["altegio-appointments"].find()) == before


def test_without_lists_lessons_outside_group_events_are_kept_and_the_run_says_so(
    cli: Cli, stored: Database[Document], planted: list[PlantedRecord]
) -> None:
    ran = cli.run(
        "sync",
        "last-month",
        "--json",
        ALTEGIO_SERVICE_IDS=None,
        ALTEGIO_TRIAL_SERVICE_IDS=None,
    )

    assert ran.err.count("WARNING ALTEGIO_SERVICE_IDS is not set") == 1
    documents = {each["appointmentId"]: each for each in stored["altegio-appointments"].find()}
    expected = [each.document_without_lists for each in planted if each.document_without_lists]
    assert len(documents) == len(expected)
    for document in expected:
        found = documents[document["appointmentId"]]
        assert {name: found[name] for name in document} == document


def test_a_run_reads_at_most_pages_and_three_requests(cli: Cli, server: SandboxServer) -> None:
    report = cli.run("sync", "last-month", "--json").json

    pages = -(-report["records"]["fetched"] // 50)
    assert report["api"]["pages"] == pages
    assert report["api"]["requests"] == len(server.requests) <= pages + 3


@pytest.mark.parametrize("page_size", [1000, 300, 25])
def test_a_page_of_any_size_loses_nothing(
    cli: Cli, server: SandboxServer, planted: list[PlantedRecord], page_size: int
) -> None:
    server.max_page_size = page_size

    report = cli.run("sync", "last-month", "--json", ALTEGIO_PAGE_SIZE="auto").json

    assert report["records"]["fetched"] == len(planted)
    # One that holds all could be a shrunk one that announces itself: the next tells.
    assert report["api"]["pages"] == max(2, -(-len(planted) // page_size))
    assert report["api"]["rereads"] == 0


FAULTS = [
    Fault.TOO_MANY,
    Fault.REFUSED_AS_200,
    Fault.SERVER_ERROR,
    Fault.BAD_GATEWAY,
    Fault.HTML,
    Fault.PROXY_403,
    Fault.EMPTY,
    Fault.CUT,
    Fault.RESET,
]


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_in_mid_run_is_got_over(
    cli: Cli, server: SandboxServer, planted: list[PlantedRecord], fault: Fault, times: int
) -> None:
    server.fail(fault, times=times, after=2)

    ran = cli.run("sync", "last-month", "--json")

    assert ran.code == 0, ran.err
    assert ran.json["records"]["fetched"] == len(planted)
    assert ran.json["api"]["retries"] == times
    limits = times if fault in (Fault.TOO_MANY, Fault.REFUSED_AS_200) else 0
    assert ran.json["api"]["rate_limited"] == limits


@pytest.mark.parametrize("fault", [Fault.TOO_MANY, Fault.SERVER_ERROR], ids=["429", "500"])
def test_an_endless_fault_ends_the_run_and_what_was_read_is_stored(
    cli: Cli, server: SandboxServer, stored: Database[Document], fault: Fault
) -> None:
    server.fail(fault, times=-1, page=5)

    ran = cli.run("sync", "last-month")

    assert ran.code == 3
    assert "ERROR Error fetching appointments: " in ran.err
    assert ran.out.startswith("The run failed. Stored ")
    assert "Traceback" not in ran.err
    saved = stored["altegio-appointments"].count_documents({})
    assert saved > 0
    assert re.search(rf"^  saved +{saved}$", ran.out, re.MULTILINE)
    report = stored["altegio-sync-runs"].find_one()
    assert report is not None
    assert report["ok"] is False
    assert holds_identity(report["records"])


def test_a_rest_longer_than_the_cap_ends_the_run_at_once(cli: Cli, server: SandboxServer) -> None:
    server.retry_after = "3600"
    server.fail(Fault.TOO_MANY, times=-1)

    ran = cli.run("sync", "last-month", "--json")

    assert ran.code == 3
    assert "Rate limit exceeded: Altegio asks to wait 3600 s" in ran.json["errors"][0]["message"]
    assert ran.json["errors"][0]["code"] == "rate_limited"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_an_interrupted_run_stores_what_it_read_and_sums_it_up(
    cli: Cli, server: SandboxServer, stored: Database[Document], number: signal.Signals
) -> None:
    server.latency_s = 0.3
    process = cli.start("sync", "last-month", ALTEGIO_REQUESTS_PER_SECOND="5")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("INFO Page 2"):
            break
    process.send_signal(number)

    out, _err = process.communicate(timeout=120)

    assert process.returncode == 130
    assert out.startswith("The run was interrupted. Stored ")
    saved = stored["altegio-appointments"].count_documents({})
    assert saved > 0
    assert re.search(rf"^  saved +{saved}$", out, re.MULTILINE)


def test_a_dry_run_writes_nothing_at_all(cli: Cli, stored: Database[Document]) -> None:
    ran = cli.run("sync", "last-month", "--dry-run", "--json")

    assert ran.code == 0
    assert ran.json["dry_run"] is True
    assert ran.json["records"]["saved"] > 400
    assert stored.list_collection_names() == []


def test_what_changed_is_stale_and_update_brings_it_up_to_date(
    cli: Cli, school: School, stored: Database[Document], planted: list[PlantedRecord]
) -> None:
    cli.run("sync", "last-month")
    record = next(each for each in planted if each.document and not each.document["isDeleted"])
    assert record.document is not None
    school.change(int(record.body["id"]), deleted=True)

    stale = cli.run("sync", "last-month", "--json").json
    summary = cli.run("sync", "last-month").out
    update = cli.run("sync", "last-month", "--update", "--json").json

    assert stale["records"]["stale"] == 1
    assert stale["records"]["changes"] == {"isDeleted": 1}
    assert "--update" in summary
    assert update["records"]["updated"] == 1
    document = stored["altegio-appointments"].find_one(
        {"appointmentId": record.document["appointmentId"]}
    )
    assert document is not None
    assert document["isDeleted"] is True


def test_skipped_bookings_are_listed_for_those_who_can_mend_them(
    cli: Cli, tmp_path: Path, planted: list[PlantedRecord]
) -> None:
    cli.run("sync", "last-month", "--skipped", "skipped.csv", "--skipped-all")
    cli.run("sync", "last-month", "--dry-run", "--skipped", "skipped.xlsx")

    path = tmp_path / "skipped.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    people = openpyxl.load_workbook(tmp_path / "skipped.xlsx").active
    outcomes = Counter(record.outcome for record in planted if record.outcome != "kept")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Counter(row["reason"].split(":")[0] for row in rows) == outcomes
    assert set(rows[0]) == {"id", "start", "teacher", "service", "reason"}
    assert people is not None
    assert people.max_row - 1 == outcomes.total() - outcomes["service"] > 0


def test_skipped_all_is_refused_without_a_file(cli: Cli) -> None:
    assert cli.run("sync", "today", "--skipped-all").code == 2


def test_a_missing_teacher_is_told_with_the_words_people_know(cli: Cli) -> None:
    ran = cli.run("sync", "last-month")

    assert "\nWARNING Teacher not found: staff 9999 (appointment " in ran.err


def test_lines_for_people_and_for_machines(cli: Cli) -> None:
    text = cli.run("sync", "yesterday", "-v")
    quiet = cli.run("sync", "yesterday", "-q")
    machine = cli.run("sync", "yesterday", "--log-format", "json")

    assert all(line.split()[0] in ("INFO", "WARNING") for line in text.err.splitlines())
    assert "Appointment " in text.err
    assert "INFO Page 1 of 1: " in text.err
    assert quiet.err == ""
    assert quiet.out == ""
    assert {"event", "level", "at"} <= json.loads(machine.err.splitlines()[0]).keys()


def test_several_companies_are_synced_one_after_another(cli: Cli, school: School) -> None:
    one_of_them_wrong = f"{school.company_id},4040"

    partly = cli.run("sync", "yesterday", "--json", ALTEGIO_COMPANY_ID=one_of_them_wrong)
    picked = cli.run(
        "sync",
        "yesterday",
        "--json",
        "--company",
        school.company_id,
        ALTEGIO_COMPANY_ID=one_of_them_wrong,
    )
    unknown = cli.run("sync", "yesterday", "--company", "5")
    none = cli.run("sync", "yesterday", "--json", ALTEGIO_COMPANY_ID="4040,4041")

    assert partly.code == 1
    assert picked.code == 0
    assert unknown.code == 2
    assert none.code == 3
    assert [each["company"] for each in partly.json["by_company"]] == [school.company_id, "4040"]
    assert [each["company"] for each in partly.json["errors"]] == ["4040"]
    assert partly.json["ok"] is False
    assert "by_company" not in picked.json
    assert f"{partly.json['errors'][0]['message']} (company 4040)" in partly.err


def test_starts_that_a_program_in_another_zone_wrote_are_counted(
    cli: Cli, stored: Database[Document]
) -> None:
    cli.run("sync", "last-month", "-q")
    collection = stored["altegio-appointments"]
    start = {"$gte": datetime.combine(last_month()[0], time(12), UTC)}
    chosen = collection.find({"startDateTime": start}, sort=["startDateTime"], limit=3)
    zone = ZoneInfo("Europe/Kyiv")
    for each in chosen:
        shifted = each["startDateTime"] + each["startDateTime"].astimezone(zone).utcoffset()
        collection.update_one({"_id": each["_id"]}, {"$set": {"startDateTime": shifted}})

    compared = cli.run("sync", "last-month", "--update", "--dry-run")

    assert "3 starts differ by exactly the zone's offset" in compared.out
    assert "startDateTime 3" in compared.out
