"""`coverage`, `--resume`, `--prove`, `changes`, `status`, the lease and the budget, end to end."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import SandboxServer, School
from tests.acceptance.cli import NO_MONGODB, PARTNER_TOKEN, USER_TOKEN, Cli
from tests.acceptance.limits import assert_limits_were_kept
from tests.unit.test_status import parse_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pymongo.database import Database

Document = dict[str, Any]

DEFAULT_LIMITS = {"ALTEGIO_REQUESTS_PER_SECOND": "4", "ALTEGIO_REQUESTS_PER_MINUTE": "195"}


@pytest.fixture
def stored(db_uri: str) -> Iterator[Database[Document]]:
    with MongoClient[Document](db_uri, tz_aware=True) as client:
        yield client.get_default_database()


def days_before_today(count: int) -> date:
    return datetime.now(ZoneInfo("Europe/Kyiv")).date() - timedelta(days=count)


def iso(count: int) -> str:
    return days_before_today(count).isoformat()


def asked_days(server: SandboxServer) -> list[str]:
    """Every day that a page was asked for."""
    found = []
    for each in server.requests:
        if "start_date" in each.query:
            first = date.fromisoformat(each.query["start_date"])
            last = date.fromisoformat(each.query["end_date"])
            found += [str(first + timedelta(n)) for n in range((last - first).days + 1)]
    return found


def hold(stored: Database[Document], company: str, for_s: float) -> None:
    """As another run has it."""
    now = datetime.now(UTC)
    lease = {
        "company": company,
        "command": "sync",
        "run_id": "20260101-000000-beef",
        "host": "elsewhere",
        "pid": 4711,
        "since": now,
        "expires_at": now + timedelta(seconds=for_s),
    }
    stored["altegio-sync-leases"].replace_one(
        {"_id": "altegio-appointments"}, {"leases": [lease]}, upsert=True
    )


@pytest.fixture
def days_with_gaps(cli: Cli, server: SandboxServer) -> None:
    """The days from 10 to 5 days back are checked, 3 days back is proved."""
    cli.run("sync", iso(10), iso(5))
    cli.run("sync", iso(3), iso(3), "--prove")
    server.requests.clear()


@pytest.mark.usefixtures("days_with_gaps")
def test_coverage_counts_the_days_and_names_the_gaps(cli: Cli, server: SandboxServer) -> None:
    ran = cli.run("coverage", iso(10), iso(-1), "--json")

    told = ran.json
    assert ran.code == 1
    assert told["command"] == "coverage"
    assert told["ok"] is False
    assert told["days"] == 10
    assert told["not_ended"] == 2
    assert told["covered"] == 7
    assert told["proved"] >= 1
    assert told["gaps"] == [[iso(4), iso(4)], [iso(2), iso(1)]]
    assert re.fullmatch(r"[0-9T:.-]+Z", told["oldest_at"])
    assert server.requests == []


@pytest.mark.usefixtures("days_with_gaps")
def test_coverage_of_days_without_a_gap_is_well(cli: Cli) -> None:
    whole = cli.run("coverage", iso(10), iso(5), "--json")

    assert whole.code == 0
    assert whole.json["gaps"] == []
    assert whole.json["covered"] == 6


@pytest.mark.usefixtures("days_with_gaps")
def test_coverage_draws_a_calendar(cli: Cli) -> None:
    text = cli.run("coverage", iso(10), iso(-1))

    assert text.code == 1
    assert f"gap: {iso(4)}\n" in text.out
    assert f"gap: {iso(2)} to {iso(1)}\n" in text.out
    assert re.search(rf"\b{days_before_today(3).day}=", text.out)
    assert re.search(rf"\b{days_before_today(4).day}!", text.out)
    assert "7 of 10 days covered" in text.out


def test_coverage_needs_mongodb_alone_and_shows_gaps_when_the_settings_are_others(
    cli: Cli,
) -> None:
    cli.run("sync", iso(3), iso(2), ALTEGIO_SERVICE_IDS=None, ALTEGIO_TRIAL_SERVICE_IDS=None)
    others = dict.fromkeys(
        name for name in cli.settings if name.startswith("ALTEGIO_") and "REQUESTS" not in name
    )

    alone = cli.run("coverage", iso(3), iso(2), "--json", **others)
    with_lists = cli.run("coverage", iso(3), iso(2), "--json")

    assert alone.code == 0
    assert alone.json["covered"] == 2
    assert with_lists.code == 1
    assert with_lists.json["covered"] == 0


@pytest.mark.parametrize("at_request", [2, 25])
def test_a_run_that_is_killed_is_taken_up_and_asks_only_for_what_was_not_proved(
    cli: Cli,
    server: SandboxServer,
    stored: Database[Document],
    school: School,
    at_request: int,
) -> None:
    first, last = days_before_today(50), days_before_today(1)
    started = threading.Event()

    def kill_in_time(_path: str, _query: Mapping[str, str]) -> None:
        started.wait()
        if len(server.requests) == at_request:
            process.kill()

    server.before_request = kill_in_time
    process = cli.start("sync", str(first), str(last), "--prove", "-q")
    started.set()
    with process:
        process.communicate(timeout=120)
    server.before_request = None
    server.requests.clear()
    done = {each["day"] for each in stored["altegio-sync-ledger"].find()}
    hold(stored, "77", for_s=-1)  # a minute later

    ran = cli.run("sync", str(first), str(last), "--prove", "--resume", "--json")

    planted = school.planted(first, last)
    kept = {each.document["appointmentId"] for each in planted if each.document is not None}
    ids = [each["appointmentId"] for each in stored["altegio-appointments"].find()]
    assert process.returncode == -9
    assert bool(done) is (at_request > 2)
    assert ran.code == 0, ran.err
    assert done.isdisjoint(asked_days(server))
    assert sorted(ids) == sorted(kept)
    assert ran.json["days"] == {
        "checked": 0,
        "proved": 50 - len(done),
        "unsettled": 0,
        "resumed": len(done),
    }
    assert cli.run("coverage", str(first), str(last)).code == 0


def test_resume_reads_again_what_is_older_than_max_age(cli: Cli, server: SandboxServer) -> None:
    cli.run("sync", iso(3), iso(2))
    server.requests.clear()

    done = cli.run("sync", iso(3), iso(2), "--resume", "--json").json
    asked_for_done = asked_days(server)
    cli.run("sync", iso(3), iso(2), "--resume", "--max-age", "0")
    stronger = cli.run("sync", iso(3), iso(2), "--resume", "--update", "--json").json

    assert done["days"]["resumed"] == 2
    assert asked_for_done == []
    assert set(asked_days(server)) == {iso(3), iso(2)}
    assert stronger["days"]["resumed"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sync", "yesterday", "--max-age", "3h"), "add --resume"),
        (("sync", "yesterday", "--resume", "--max-age", "soon"), "Invalid duration: 'soon'"),
        (("sync", "yesterday", "--wait", "soon"), "Invalid duration: 'soon'"),
        (("changes", "--since", "soon"), "Invalid date format: 'soon'"),
        (("changes", "--overlap", "soon"), "Invalid duration: 'soon'"),
        (("coverage", "soon"), "Invalid date format: 'soon'"),
        (("status", "--json", "--prometheus"), "exclude each other"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_asked(
    cli: Cli, server: SandboxServer, arguments: tuple[str, ...], message: str
) -> None:
    ran = cli.run(*arguments)

    assert ran.code == 2
    assert message in ran.err
    assert server.requests == []


def test_changes_without_a_cursor_ask_where_to_begin(cli: Cli, server: SandboxServer) -> None:
    unasked = cli.run("changes")

    assert unasked.code == 2
    assert "changes --since 7d" in unasked.err
    assert server.requests == []


def test_changes_follow_their_cursor_once_they_were_told_where_to_begin(
    cli: Cli, school: School, stored: Database[Document]
) -> None:
    first = cli.run("changes", "--since", "3d", "--json")
    [cursor] = stored["altegio-sync-cursors"].find()
    new = school.record(datetime(2026, 3, 2, 10, 0))  # noqa: DTZ001 - local at the school
    school.add(new)
    known = stored["altegio-appointments"].find_one({"isDeleted": False})
    assert known is not None
    school.change(int(known["appointmentId"]), deleted=True)
    second = cli.run("changes", "--json")
    dry = cli.run("changes", "--dry-run")

    moved_to = cursor["at"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert first.code == 0, first.err
    assert first.json["cursor"]["moved_to"] == moved_to
    assert second.json["records"]["saved"] == second.json["records"]["updated"] == 1
    assert second.json["mode"] == "update"
    assert second.json["cursor"]["since"] < moved_to
    assert stored["altegio-appointments"].count_documents({"appointmentId": str(new["id"])}) == 1
    deleted = stored["altegio-appointments"].find_one({"appointmentId": known["appointmentId"]})
    assert deleted is not None
    assert deleted["isDeleted"] is True
    assert dry.code == 0


def test_ten_changes_in_a_history_of_100_000_cost_three_requests_at_most(
    tmp_path: Path, db_uri: str
) -> None:
    school, now = School.empty(), datetime.now(UTC)
    school.clock = lambda: now - timedelta(days=400)
    starts_at = datetime(2010, 1, 1, 8, 0)  # noqa: DTZ001 - local at the school
    record = school.record(starts_at)
    ids = range(record["id"], record["id"] + 100_000)
    for number, record_id in enumerate(ids):
        local = (starts_at + timedelta(hours=number)).isoformat(" ")
        school.add(record | {"id": record_id, "date": local})
    school.clock = lambda: datetime.now(UTC)
    with SandboxServer(school, token=PARTNER_TOKEN, user_token=USER_TOKEN) as server:
        cli = Cli.against(tmp_path, server, school, db_uri)
        cli.run("changes", "--since", "1d")
        server.requests.clear()
        for record_id in ids[::10_000]:
            school.change(record_id, visit_attendance=1)

        ran = cli.run("changes", "--json")

    assert ran.code == 0, ran.err
    assert ran.json["records"]["saved"] == 10
    assert len(server.requests) <= 3


def test_status_before_the_first_run_needs_attention(cli: Cli) -> None:
    before = cli.run("status")

    assert before.code == 1
    assert "ERROR No run has brought appointments yet" in before.out
    assert "WARNING 30 of the last 30 days of company 77 are not known" in before.out


@pytest.fixture
def trusted(cli: Cli, stored: Database[Document]) -> None:
    """All is proved; of other companies there are a lease and a cursor that is years old."""
    cli.run("sync", iso(30), iso(0), "--update", "--prove")
    cli.run("changes", "--since", "1d")
    hold(stored, "78", for_s=600)
    forsaken = {"companyId": "79", "collection": "altegio-appointments", "at": datetime(2025, 1, 1)}  # noqa: DTZ001 - as MongoDB takes it
    stored["altegio-sync-cursors"].insert_one({"_id": "altegio-appointments/79", **forsaken})


@pytest.mark.usefixtures("trusted")
def test_status_finds_everything_fine(cli: Cli) -> None:
    well, metrics = cli.run("status"), cli.run("status", "--prometheus")
    quiet = cli.run("status", "-q")

    samples = parse_metrics(metrics.out.removesuffix("\n"))
    assert well.code == metrics.code == 0, well.out
    assert well.out.startswith("Everything looks fine.\n")
    assert "30 of the last 30 days, 30 proved" in well.out
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert samples["altegio_sync_needs_attention"] == 0
    assert samples['altegio_sync_gap_days{company="77"}'] == 0
    assert samples["altegio_sync_leases_held"] == 1


def test_quiet_commands_show_only_what_needs_attention(
    cli: Cli, stored: Database[Document]
) -> None:
    day = iso(1)
    cli.run("sync", day)
    well = cli.run("coverage", day, "-q")
    stored["altegio-sync-ledger"].delete_many({})
    gap = cli.run("coverage", day, "-q")
    attention = cli.run("status", "-q")

    assert (well.code, well.out, well.err) == (0, "", "")
    assert (gap.code, gap.out) == (1, cli.run("coverage", day).out)
    assert (attention.code, "WARNING" in attention.out) == (1, True)


@pytest.mark.usefixtures("trusted")
def test_the_metrics_file_is_replaced_in_silence_and_never_empty(cli: Cli) -> None:
    file = cli.folder / "altegio.prom"
    write = ("status", "--metrics-file", str(file))

    well = cli.run(*write)
    samples, mode = parse_metrics(file.read_text().removesuffix("\n")), file.stat().st_mode
    away = cli.run(*write, **NO_MONGODB)
    file.unlink()
    quiet = cli.run(*write, "-q", **NO_MONGODB)

    assert (well.code, well.out, well.err) == (0, "", "")
    assert samples["altegio_sync_needs_attention"] == 0
    assert samples['altegio_sync_gap_days{company="77"}'] == 0
    assert mode & 0o777 == 0o644
    assert (away.code, away.out) == (3, "")
    assert "ERROR" in away.err
    assert (quiet.code, quiet.out, quiet.err) == (3, "", "")
    assert "altegio_sync_needs_attention 1" in file.read_text()
    assert [each.name for each in cli.folder.iterdir() if "prom" in each.name] == ["altegio.prom"]


def test_wrong_settings_are_seen_in_the_metrics_and_no_other_file_is_replaced(cli: Cli) -> None:
    ours, others = cli.folder / "altegio.prom", cli.folder / "others.prom"
    others.write_text("node_temperature 3\n")

    wrong = cli.run("status", "--metrics-file", str(ours), DB_URI="redis://x")
    refused = cli.run("status", "--metrics-file", str(others))

    assert (wrong.code, wrong.out) == (2, "")
    assert "altegio_sync_needs_attention 1" in ours.read_text()
    assert refused.code == 2
    assert "not by this command" in refused.err
    assert others.read_text() == "node_temperature 3\n"


def test_a_quiet_run_logs_into_its_file(cli: Cli) -> None:
    first = cli.run("sync", "yesterday", "-q", "--log-file", "sync.log")
    nowhere = cli.run("sync", "yesterday", "-q", "--log-file", "missing/sync.log")

    assert "Syncing" not in first.err
    assert "Z INFO Syncing" in (cli.folder / "sync.log").read_text()
    assert nowhere.code == 2
    assert "Cannot write missing/sync.log: No such file" in nowhere.err


@pytest.mark.usefixtures("trusted")
def test_status_reports_a_validation_error_and_all_it_looked_at(
    cli: Cli, stored: Database[Document]
) -> None:
    stored["altegio-appointments"].update_one({}, {"$set": {"status": "7"}})

    ill = cli.run("status", "--json")

    told = ill.json
    [attention], [coverage] = told["attention"], told["coverage"]
    assert ill.code == 1
    assert told["last_run"]["command"] == "changes"
    assert attention["code"] == "validation_errors"
    assert attention["message"].startswith("1 validation error is open (unknown-status 1 ")
    assert coverage["proved"] == 30
    assert coverage["gaps"] == []
    assert [each["company"] for each in told["cursors"]] == ["77"]
    assert "sync 20260101-000000-beef (elsewhere, process 4711" in told["leases"][0]["holder"]
    assert told["documents"] == stored["altegio-appointments"].count_documents({})


def test_status_without_mongodb_is_ill_for_prometheus_too(cli: Cli) -> None:
    ran = cli.run("status", "--prometheus", DB_URI="mongodb://127.0.0.1:1/none")

    assert ran.code == 3
    assert parse_metrics(ran.out.removesuffix("\n")) == {"altegio_sync_needs_attention": 1}


HOLDER = "sync 20260101-000000-beef (elsewhere, process 4711, since "


@pytest.mark.parametrize(
    "arguments",
    [("sync", "yesterday"), ("clean",), ("validate", "--fix")],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_second_run_that_shall_not_wait_says_who_is_at_work(
    cli: Cli, stored: Database[Document], arguments: tuple[str, ...]
) -> None:
    hold(stored, "77", for_s=600)

    ran = cli.run(*arguments, "--wait", "0", "--json")

    assert ran.code == 3
    assert HOLDER in ran.err
    assert [each["code"] for each in ran.json["errors"]] == ["lease_held"]
    assert stored["altegio-appointments"].count_documents({}) == 0


def test_a_second_run_waits_for_the_first_and_says_whom_for(
    cli: Cli, stored: Database[Document]
) -> None:
    hold(stored, "77", for_s=600)

    with cli.start("sync", iso(3), iso(3)) as process:
        assert process.stderr is not None
        told = process.stderr.readline()
        waited_without_storing = stored["altegio-appointments"].count_documents({}) == 0
        hold(stored, "77", for_s=-1)
        process.communicate(timeout=120)

    assert told.startswith(
        f"WARNING Waiting up to 10 minutes for the run at work on company 77: {HOLDER}"
    )
    assert waited_without_storing
    assert process.returncode == 0
    assert stored["altegio-appointments"].count_documents({}) > 0


def test_changes_give_way_to_a_run_at_work(
    cli: Cli, stored: Database[Document], server: SandboxServer
) -> None:
    hold(stored, "77", for_s=600)

    ran = cli.run("changes", "--since", "1d")

    assert ran.code == 0
    assert f"WARNING Another run is at work on company 77: {HOLDER}" in ran.err
    assert "Its changes are left to it or to the next run" in ran.err
    assert "left to another run" in ran.out
    assert "Waiting" not in ran.err
    assert server.requests == []
    assert stored["altegio-sync-cursors"].count_documents({}) == 0


def test_the_limits_hold_when_pages_take_long(
    cli: Cli, server: SandboxServer, stored: Database[Document]
) -> None:
    cli.settings |= DEFAULT_LIMITS | {"ALTEGIO_PAGE_SIZE": "25"}
    server.latency_s = 0.4

    ran = cli.run("sync", "last-month")

    assert ran.code == 0
    assert len(server.requests) > 20
    assert_limits_were_kept(server, stored)


def test_four_processes_on_one_token_keep_both_windows_together(
    cli: Cli, server: SandboxServer, stored: Database[Document]
) -> None:
    """Dry runs, which take no lease, so that they work side by side."""
    cli.settings |= DEFAULT_LIMITS | {"ALTEGIO_PAGE_SIZE": "10"}
    processes = [
        cli.start("sync", iso(day), iso(day), "--dry-run", "-q") for day in (20, 30, 40, 50)
    ]
    for process in processes:
        with process:
            _out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err

    [budget] = stored["altegio-sync-budget"].find()
    assert len({each["by"] for each in budget["starts"]}) == 4
    assert len(server.requests) > 12
    assert_limits_were_kept(server, stored)
