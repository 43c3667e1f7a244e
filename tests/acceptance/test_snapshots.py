"""The JSON of every command, and the log lines of a sync, as they were when last approved.

The school's days are in January 2025, so that what is printed does not depend on today.
"""

from __future__ import annotations

import signal
import socket
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from bson import Decimal128, Int64
from pymongo import MongoClient

from altegio_sync.sandbox import School
from altegio_sync.sandbox.old_documents import make_old_documents
from tests.acceptance.cli import NO_MONGODB, Cli, Ran
from tests.acceptance.snapshot import Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pymongo.collection import Collection

    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.warm import Started

Document = dict[str, Any]
FIRST, LAST = date(2025, 1, 6), date(2025, 1, 19)
DAYS = [str(FIRST), str(LAST)]
#: Long enough for a machine that does a hundred other things.
_PATIENCE_S = 120


@pytest.fixture(scope="module")
def past_school() -> School:
    """A school whose today is long over: what is booked there never changes."""
    return School(seed=7, today=date(2025, 2, 10), lessons_a_month=300)


@pytest.fixture
def school(past_school: School) -> School:
    return past_school.copy()


@pytest.fixture
def cli(cli: Cli, catalog: None) -> Cli:  # noqa: ARG001 - the catalog is compiled
    # JSON is the same in every language. Where a text of the current language comes into it, this
    # is seen only in another language than English.
    cli.settings["ALTEGIO_LANG"] = "uk"
    # One page at a time: pages that are read side by side are stored in any order.
    cli.settings["ALTEGIO_PAGE_SIZE"] = "1000"
    return cli


@pytest.fixture
def snapshots(tmp_path: Path) -> Iterator[Snapshots]:
    made = Snapshots(tmp_path)
    yield made
    made.assert_equal()


@pytest.fixture
def collection(db_uri: str) -> Iterator[Collection[Document]]:
    with MongoClient[Document](db_uri, tz_aware=True) as client:
        yield client.get_default_database()["altegio-appointments"]


def kept_ids(school: School) -> list[int]:
    """Ids of the bookings that are stored and not deleted, newest first."""
    kept = [each.document for each in school.planted(FIRST, LAST) if each.document]
    return [int(each["appointmentId"]) for each in kept if not each["isDeleted"]]


def test_sync(cli: Cli, school: School, snapshots: Snapshots) -> None:
    def compare(name: str, *options: str, **changes: str | None) -> None:
        snapshots.compare(f"sync_{name}", cli.run("sync", *DAYS, "--json", *options, **changes))

    for name in ("Група 101 Олена", "Іван 12345678/87654321", "№ 12345678 Олена"):
        school.add(school.record(datetime(2025, 1, 15, 9), name))  # noqa: DTZ001 - local
    compare("dry_run", "--dry-run")
    compare("no_lists", "--dry-run", ALTEGIO_SERVICE_IDS=None, ALTEGIO_TRIAL_SERVICE_IDS=None)
    compare("new_only", "--skipped", "list.csv")
    snapshots.compare_rows("sync_skipped_list", cli.folder / "list.csv")

    ids = kept_ids(school)
    school.change(ids[0], visit_attendance=-1, attendance=-1)
    school.change(ids[1], deleted=True)
    school.move(ids[2], datetime(2025, 1, 9, 7))  # noqa: DTZ001 - local
    school.move(ids[3], datetime(2025, 1, 25, 7))  # noqa: DTZ001 - local
    school.remove(ids[4])
    school.change(ids[5], client=school.record(datetime(2025, 1, 9), "Ніхто 9876543")["client"])  # noqa: DTZ001
    school.change(ids[6], client=None)
    compare("stale")
    compare("update_dry_run", "--update", "--dry-run")
    compare("update", "--update")
    compare("prove", "--prove")
    windows = cli.run("sync", *DAYS, "--json", "--prove", ALTEGIO_PAGE_SIZE="40").json
    counts = {name: windows[name] for name in ("ok", "api", "records", "days", "errors")}
    snapshots.compare_value("sync_prove_in_windows", counts)
    compare("resume", "--resume")
    for each in ids[10:40]:
        school.remove(each)
    compare("mass_delete", "--update")
    snapshots.compare("coverage", cli.run("coverage", "2025-01", "--json"))


def test_log_lines(cli: Cli, school: School, snapshots: Snapshots) -> None:
    machine = ["--log-format", "json", "-v"]
    sync = cli.run("sync", *DAYS, *machine)
    ids = kept_ids(school)
    school.change(ids[0], visit_attendance=-1, attendance=-1)
    school.remove(ids[1])
    school.remove(ids[2])
    update = cli.run("sync", *DAYS, "--update", *machine)
    refused = cli.run("sync", *DAYS, *machine, ALTEGIO_USER_TOKEN="wrong")
    changes = cli.run("changes", "--since", "1d", *machine)

    snapshots.compare_log("log_sync", sync)
    snapshots.compare_log("log_sync_update", update)
    snapshots.compare_log("log_sync_refused", refused)
    snapshots.compare_log("log_changes", changes)


def test_several_companies(cli: Cli, snapshots: Snapshots) -> None:
    for command in (["sync", *DAYS], ["changes", "--since", "1d"], ["services"], ["check"]):
        partly = cli.run(*command, "--json", ALTEGIO_COMPANY_ID="77,4040")
        snapshots.compare(f"companies_{command[0]}_partly", partly)
    none = cli.run("sync", *DAYS, "--json", ALTEGIO_COMPANY_ID="4040,4041")
    snapshots.compare("companies_sync_none", none)
    covered = cli.run("coverage", "2025-01", "--json", ALTEGIO_COMPANY_ID="77,4040")
    snapshots.compare("companies_coverage", covered)
    snapshots.compare("companies_status", cli.run("status", "--json", ALTEGIO_COMPANY_ID="77,4040"))


def test_changes(cli: Cli, school: School, snapshots: Snapshots) -> None:
    def compare(name: str, *options: str) -> None:
        snapshots.compare(f"changes_{name}", cli.run("changes", "--json", *options))

    compare("no_cursor")
    cli.run("sync", *DAYS, "-q")
    ids = kept_ids(school)
    school.change(ids[0], visit_attendance=-1, attendance=-1)
    school.change(ids[1], deleted=True)
    school.move(ids[2], datetime(2025, 1, 25, 7))  # noqa: DTZ001 - local
    school.add(school.record(datetime(2025, 1, 15, 9), "Група 101 Олена"))  # noqa: DTZ001
    school.add(school.record(datetime(2025, 1, 15, 9), "Олена"))  # noqa: DTZ001 - local
    compare("dry_run", "--since", "1d", "--dry-run")
    compare("first", "--since", "1d")
    school.change(ids[3], visit_attendance=-1, attendance=-1)
    compare("again")


def odd_documents() -> list[Document]:
    """Some that break rules which the older programs' documents keep, and one of odd types."""
    whole: Document = {
        **{"appointmentId": "800000001", "leadId": "12345678", "leadName": "Проба Вигадана"},
        **{"teacherId": "2100001", "teacherName": "Агата Взірцева", "companyId": "77"},
        **{"serviceId": "12000001", "serviceName": "Індивідуальний урок 60 хв", "status": "1"},
        **{"startDateTime": datetime(2025, 1, 7, 9, tzinfo=UTC), "IsTrial": False},
        **{"endDateTime": datetime(2025, 1, 7, 10, tzinfo=UTC), "isDeleted": False},
        **{"createdAt": datetime(2025, 1, 1, tzinfo=UTC)},
        **{"updatedAt": datetime(2025, 1, 1, tzinfo=UTC)},
    }
    future = datetime(2099, 1, 7, 9, tzinfo=UTC)
    odd: list[Document] = [
        {"startDateTime": future, "endDateTime": future + timedelta(hours=1)},
        {"teacherId": "2100002", "leadId": "12a"},
        {"teacherId": "2100002", "endDateTime": datetime(2025, 1, 7, 8, tzinfo=UTC)},
        {"teacherId": "2100003", "endDateTime": datetime(2025, 1, 7, 14, tzinfo=UTC)},
        {"teacherId": "2100003", "leadId": "0501234567", "IsTrial": "true"},
        {"teacherId": "2100004", "leadId": "1999", "status": "0"},
        {"teacherId": "2100004", "leadId": "1999", "status": 1.0},
        {"teacherId": "2100005", "leadId": "", "startDateTime": None},
        {"appointmentId": Int64(800000042), "leadName": " Проба  Вигадана "},
        {"appointmentId": Decimal128("800000043"), "teacherId": ["2100006"]},
        {"appointmentId": "", "startDateTime": None, "leadId": None},
    ]
    return [
        {**whole, "_id": f"odd-{number}", "appointmentId": str(800000000 + number), **each}
        for number, each in enumerate(odd)
    ]


@pytest.fixture
def old_documents(school: School, collection: Collection[Document]) -> list[Document]:
    """Stored: what older programs left, and odd documents. With ids that are the same each time."""
    old = make_old_documents(school.planted(FIRST, LAST))
    for number, document in enumerate(old):
        document["_id"] = f"old-{number:03}"
    documents = [*old, *odd_documents()]
    collection.insert_many(deepcopy(documents))
    return documents


@pytest.mark.usefixtures("old_documents")
def test_what_looks_at_the_collection(cli: Cli, snapshots: Snapshots) -> None:
    for name, arguments in {
        "stats": ["stats"],
        "stats_period": ["stats", "2025-01-06", "2025-01-12"],
        "stats_clean_dry_run": ["stats", "--clean", "--dry-run"],
        "clean_dry_run": ["clean", "--dry-run"],
        "validate": ["validate"],
        "validate_period": ["validate", "2025-01-06", "2025-01-12"],
        "validate_ignore": ["validate", "--ignore", "wrong-type", "--list", "odd-length"],
        "validate_fix_dry_run": ["validate", "--fix", "--dry-run"],
        "validate_report": ["validate", "--report", "findings.csv"],
        "status_old_documents": ["status"],
        "undo_nothing": ["undo"],
    }.items():
        snapshots.compare(name, cli.run(*arguments, "--json", ALTEGIO_TIMEZONE="Europe/Kyiv"))
    snapshots.compare_rows("validate_report_file", cli.folder / "findings.csv")


@pytest.mark.usefixtures("old_documents")
def test_what_tends_the_collection(
    cli: Cli, collection: Collection[Document], snapshots: Snapshots
) -> None:
    def compare(name: str, *arguments: str) -> str:
        ran = cli.run(*arguments, "--json", ALTEGIO_TIMEZONE="Europe/Kyiv")
        snapshots.compare(name, ran)
        return str(ran.json.get("run_id"))

    compare("stats_clean", "stats", "--clean")
    cleaned = compare("clean_nothing_left", "clean")
    compare("validate_fix_offline", "validate", "--fix", "--offline")
    fixed = compare("validate_fix", "validate", "--fix")
    compare("validate_after_fix", "validate")
    compare("undo_list", "undo")
    collection.update_one({"_id": "old-010"}, {"$set": {"leadPurchasedCourse": "since"}})
    compare("undo", "undo", fixed)
    compare("undo_force", "undo", fixed, "--force")
    compare("undo_unknown", "undo", cleaned)
    compare("trash_purge_dry_run", "trash", "purge", "--older-than", "0s", "--dry-run")
    compare("trash_purge", "trash", "purge", "--older-than", "0s")
    compare("stats_after", "stats")


@pytest.mark.usefixtures("old_documents")
def test_backup_and_restore(
    cli: Cli, collection: Collection[Document], snapshots: Snapshots
) -> None:
    snapshots.compare("backup", cli.run("backup", "dump", "--json"))
    snapshots.compare("backup_exists", cli.run("backup", "dump", "--json"))
    collection.delete_many({"_id": {"$in": ["old-000", "old-001"]}})
    collection.update_one({"_id": "old-002"}, {"$set": {"own": 1}})
    collection.insert_one({"_id": "since", "appointmentId": "1"})
    snapshots.compare("restore_dry_run", cli.run("restore", "dump", "--dry-run", "--json"))
    snapshots.compare("restore", cli.run("restore", "dump", "--json"))
    snapshots.compare("restore_nothing_there", cli.run("restore", "none", "--json"))


def test_status_and_coverage(cli: Cli, snapshots: Snapshots) -> None:
    for name in ("status", "coverage", "stats"):
        snapshots.compare(f"{name}_fresh", cli.run(name, "--json"))
    today = datetime.now(UTC).date()
    cli.run("sync", str(today - timedelta(days=40)), str(today + timedelta(days=3)), "-q")
    cli.run("sync", *DAYS, "-q")
    cli.run("changes", "--since", "1d", "-q")
    for name in ("status", "stats"):
        snapshots.compare(f"{name}_after_runs", cli.run(name, "--json"))
    cli.run("sync", *DAYS, "-q", ALTEGIO_USER_TOKEN="wrong")
    snapshots.compare("status_after_a_failure", cli.run("status", "--json"))


def test_check_and_services(cli: Cli, school: School, snapshots: Snapshots) -> None:
    snapshots.compare("services", cli.run("services", "--json"))
    snapshots.compare("check_fresh", cli.run("check", "--json"))
    nothing = {"ALTEGIO_SERVICE_IDS": "999", "ALTEGIO_TRIAL_SERVICE_IDS": "999"}
    snapshots.compare("sync_none_kept", cli.run("sync", *DAYS, "--json", **nothing))
    snapshots.compare("status_none_kept", cli.run("status", "--json"))
    cli.run("sync", *DAYS, "-q")
    lately = datetime.combine(datetime.now(school.zone).date(), time(12)) - timedelta(days=3)
    for number, name in enumerate(("12345678 Олена", "Група 101 Олена", "Олена", "1234567")):
        school.add(school.record(lately + timedelta(hours=number), name))
    failing: Mapping[str, dict[str, str | None]] = {
        "check": {},
        "check_no_lists": {"ALTEGIO_SERVICE_IDS": None, "ALTEGIO_TRIAL_SERVICE_IDS": None},
        "check_unknown_service": {"ALTEGIO_SERVICE_IDS": "12000001,999"},
        "check_wrong_token": {"ALTEGIO_COMPANY_TOKEN": "wrong"},
        "check_wrong_setting": {"ALTEGIO_PAGE_SIZE": "0"},
    }
    for name, changes in failing.items():
        snapshots.compare(name, cli.run("check", "--json", **changes))


def test_failures(cli: Cli, snapshots: Snapshots) -> None:
    cases: Mapping[str, tuple[list[str], dict[str, str | None]]] = {
        "missing_settings": (["sync", *DAYS], dict.fromkeys(cli.settings)),
        "wrong_setting": (["sync", *DAYS], {"ALTEGIO_PAGE_SIZE": "0"}),
        "wrong_date": (["sync", "2025-13-01"], {}),
        "wrong_span": (["changes", "--since", "soon"], {}),
        "wrong_company": (["sync", *DAYS, "--company", "5"], {}),
        "wrong_rule": (["validate", "--ignore", "no-rule"], {}),
        "wrong_token": (["sync", *DAYS], {"ALTEGIO_COMPANY_TOKEN": "wrong"}),
        "forbidden": (["sync", *DAYS], {"ALTEGIO_COMPANY_ID": "4040", "ALTEGIO_TIMEZONE": "UTC"}),
        "not_found": (["sync", *DAYS], {"ALTEGIO_COMPANY_ID": "4040"}),
        "services_not_found": (["services"], {"ALTEGIO_COMPANY_ID": "4040"}),
    }
    for name, (arguments, changes) in cases.items():
        ran = cli.run(*arguments, "--json", **changes)
        snapshots.compare(f"failure_{name}", ran)


def test_dead_mongodb(cli: Cli, snapshots: Snapshots) -> None:
    snapshots.compare("failure_dead_mongodb", cli.run("sync", *DAYS, "--json", **NO_MONGODB))


def test_dead_mongodb_under_a_report(cli: Cli, snapshots: Snapshots) -> None:
    snapshots.compare("failure_dead_mongodb_stats", cli.run("stats", "--json", **NO_MONGODB))


def test_dead_altegio(cli: Cli, snapshots: Snapshots) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        closed = f"http://127.0.0.1:{nobody.getsockname()[1]}/api/v1"
    ran = cli.run("services", "--json", ALTEGIO_API_URL=closed)
    snapshots.compare("failure_dead_altegio", ran)


class Halt:
    """Holds the first request to a path until it is let go."""

    def __init__(self, server: SandboxServer, path: str) -> None:
        self._path = path
        self.reached = Event()
        self.go_on = Event()
        server.before_request = self._before

    def _before(self, path: str, _query: Mapping[str, str]) -> None:
        if self._path in path and not self.reached.is_set():
            self.reached.set()
            self.go_on.wait(_PATIENCE_S)


def stop_at(server: SandboxServer, path: str, start: Callable[[], Started]) -> Ran:
    """Start a command, interrupt it at its first request to a path; the answer comes afterwards."""
    halt = Halt(server, path)
    with start() as process:
        assert process.stderr is not None
        assert halt.reached.wait(_PATIENCE_S)
        process.send_signal(signal.SIGINT)
        for line in process.stderr:
            if "Stopping" in line:
                break
        halt.go_on.set()
        out, err = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode is not None
    return Ran(process.returncode, out, err)


def test_interrupted(cli: Cli, server: SandboxServer, snapshots: Snapshots) -> None:
    sync = stop_at(server, "/records/", lambda: cli.start("sync", *DAYS, "--json"))
    snapshots.compare("interrupted_sync", sync)
    services = stop_at(server, "/services", lambda: cli.start("services", "--json"))
    snapshots.compare("interrupted_services", services)
    snapshots.compare("interrupted_status", cli.run("status", "--json"))


@pytest.mark.usefixtures("old_documents")
def test_lease_held(cli: Cli, server: SandboxServer, snapshots: Snapshots) -> None:
    halt = Halt(server, "/record")
    with cli.start("validate", "--fix", "--json") as process:
        assert halt.reached.wait(_PATIENCE_S)
        held = {
            "clean": cli.run("clean", "--wait", "0", "--json"),
            "sync": cli.run("sync", *DAYS, "--wait", "0", "--json"),
            "undo": cli.run("undo", "x", "--wait", "0", "--json"),
            "changes": cli.run("changes", "--since", "1d", "--json"),
        }
        halt.go_on.set()
        process.communicate(timeout=_PATIENCE_S)
    for name, ran in held.items():
        snapshots.compare(f"lease_held_{name}", ran)
