"""What needs a person: each thing that can look well and is not, and what is no alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.domain.attention import (
    about_clocks,
    about_companies,
    about_days,
    about_doubtful,
    about_index,
    about_kept,
    about_killed,
    about_leases,
    about_run,
    about_run_age,
    about_validation,
    about_warnings,
)
from altegio_sync.domain.lease_state import LeaseState
from altegio_sync.domain.ledger import CompanyCoverage
from altegio_sync.domain.report import DaysAsked, RunError
from altegio_sync.domain.run_marks import OpenRun, RunMark
from altegio_sync.domain.run_summary import RecordsSummary, RunSummary
from altegio_sync.domain.validation import Remedy, RuleFinding, Severity
from altegio_sync.messages import as_message
from altegio_sync.usecases.stats import to_last_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from altegio_sync.domain.attention import Attention

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
DAYS = [date(2026, 3, day) for day in (1, 2, 3)]
MARK = RunMark("sync", "77", RunSummary("sync", ok=True), at=NOW - timedelta(hours=1))


def lines(found: Iterable[Attention]) -> list[str]:
    return [str(each) for each in found]


@pytest.mark.parametrize(
    ("report", "line"),
    [
        ({"ok": True}, None),
        ({"errors": (RunError("failed", "x"),)}, "ERROR The last sync (r) failed: x"),
        (
            {"interrupted": True, "period": DaysAsked("2026-03-01", "2026-03-05")},
            "WARNING The last sync (r) was interrupted; to continue: altegio-sync sync 2026-03-01 "
            "2026-03-05 --resume",
        ),
        (
            {"mode": "update", "period": DaysAsked("2026-03-01", "2026-03-01")},
            "WARNING The last sync (r) was interrupted; to continue: altegio-sync sync 2026-03-01 "
            "--update --resume",
        ),
        ({"records": RecordsSummary(failed=1)}, "ERROR The last sync (r) failed"),
        (
            {"command": "changes", "interrupted": True},
            "WARNING The last changes (r) was interrupted; to continue: altegio-sync changes",
        ),
    ],
    ids=["well", "failed", "Ctrl-C", "Ctrl-C in an earlier version", "not stored", "changes"],
)
def test_a_run_failed_or_was_interrupted(report: dict[str, Any], line: str | None) -> None:
    known: dict[str, Any] = {"command": "sync", "run_id": "r", "finished_at": NOW, "errors": ()}
    run = to_last_run(RunSummary(**known | report), NOW)

    assert lines(about_run(run)) == ([] if line is None else [line])


@pytest.mark.parametrize(
    ("age", "line"),
    [
        (timedelta(hours=25), None),
        (timedelta(hours=27), "WARNING x ended 27 hours ago, more than 26 hours"),
        (timedelta(days=9), "WARNING x ended 9 days ago, more than 26 hours"),
        (-timedelta(minutes=5), None),
        (-timedelta(days=400), "WARNING x ended 400 days in the future: check the clocks"),
    ],
)
def test_a_run_is_neither_old_nor_from_the_future(age: timedelta, line: str | None) -> None:
    assert lines(about_run_age("x", NOW - age, NOW)) == ([] if line is None else [line])


def test_a_company_that_was_never_read_or_is_no_longer_read_is_reported() -> None:
    removed = replace(MARK, company="80", at=NOW - timedelta(days=2))
    long_ago = replace(MARK, company="81", at=NOW - timedelta(days=8))

    mistyped = replace(removed, company="82", last=RunSummary("sync"))
    marks = [MARK, removed, long_ago, mistyped]

    found = lines(about_companies(marks, ["79"], ["77", "78", "79"], NOW))

    assert found == [
        "ERROR Company 78 was never read: altegio-sync sync PERIOD --company 78",
        "WARNING Company 80 was read until 2026-03-04 12:00 UTC and is no longer in "
        "ALTEGIO_COMPANY_ID",
    ]


def test_of_several_companies_each_must_have_been_read_lately() -> None:
    left = replace(MARK, company="78", at=NOW - timedelta(days=5))

    found = lines(about_companies([MARK, left], [], ["77", "78"], NOW))

    assert found == ["WARNING The last run of company 78 ended 5 days ago, more than 26 hours"]


def test_a_run_that_was_killed_is_reported_with_the_command_that_continues_it() -> None:
    open_run = OpenRun("r2", NOW)
    killed = replace(MARK, open_runs=(open_run,))

    assert lines(about_killed([killed], {"r2": "holder"}, {})) == []
    assert lines(about_killed([killed], {}, {"r2": "altegio-sync sync 2026-03-05 --resume"})) == [
        "WARNING The last sync of company 77 (r2) was interrupted before its end; to continue: "
        "altegio-sync sync 2026-03-05 --resume"
    ]


def test_days_read_under_earlier_settings_are_no_alarm() -> None:
    coverage = CompanyCoverage("77", "UTC", DAYS, {}, 0, frozenset(DAYS[:2]))

    assert lines(about_days(coverage)) == [
        "WARNING 1 of the last 3 days of company 77 is not known to be complete: altegio-sync "
        "coverage shows them"
    ]
    assert lines(about_days(replace(coverage, outdated=frozenset(DAYS)))) == []


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ({"documents": 0}, None),
        ({"has_unique_index": True}, None),
        ({}, "the next sync creates it"),
        (
            {"duplicates": 2},
            "2 documents that share an appointmentId would prevent it: ",
        ),
        ({"in_its_place": "appointmentId_1"}, "appointmentId_1 is in its place"),
    ],
    ids=["empty", "well", "lost", "blocked", "not unique"],
)
def test_an_index_that_is_missing_or_not_unique_is_reported(
    state: dict[str, Any], part: str | None
) -> None:
    whole = {"documents": 5, "has_unique_index": False, "in_its_place": None, "duplicates": 0}

    found = lines(about_index(**(whole | state)))

    assert [part in each for each in found if part] == ([] if part is None else [True])
    assert bool(found) == (part is not None)


def test_validation_errors_and_doubtful_leads_are_reported_with_some_ids() -> None:
    error = RuleFinding("date-order", Severity.ERROR, Remedy.ASK, 2, sample=("501", "502"))
    doubtful = replace(error, rule="doubtful-lead", severity=Severity.WARNING, count=1)
    odd = replace(error, rule="odd-length", severity=Severity.WARNING)

    assert lines(about_validation([error, doubtful, odd])) == [
        "ERROR 2 validation errors are open (date-order 2 (appointments 501, 502)): altegio-sync "
        "validate --fix",
        "WARNING 1 stored appointment with a doubtful leadId (appointments 501, 502): "
        "altegio-sync validate shows them",
    ]


def test_leases_show_runs_that_died_and_runs_that_hang() -> None:
    died = LeaseState("all", "clean a (host)", True, "a", NOW)
    hangs = LeaseState("77", "sync b (host)", False, "b", NOW - timedelta(hours=30))
    works = replace(hangs, since=NOW - timedelta(hours=3))

    assert lines(about_leases([died, hangs, works], NOW)) == [
        "WARNING clean a (host) was interrupted: run it again",
        "WARNING sync b (host) has been at work for 30 hours: has it hung?",
    ]
    assert lines(about_leases([died], NOW, {"a"})) == []


def test_what_the_last_runs_warned_of_is_reported_once() -> None:
    last = RunSummary("sync", warnings=(RunError("staff_list_refused", "No staff list", "77"),))
    sync = replace(MARK, last=last, too_little=as_message("Too little kept: none"))
    changes = replace(MARK, command="changes", last=last)

    assert lines(about_warnings([sync, changes])) == ["WARNING No staff list"]
    assert lines(about_kept([sync, changes])) == ["WARNING Too little kept: none"]


def test_doubtful_leads_of_the_last_sync_are_reported() -> None:
    mark = replace(MARK, last=RunSummary("sync", records=RecordsSummary(doubtful=2)))

    [line] = lines(about_doubtful([mark, MARK]))

    assert line.startswith("WARNING 2 bookings in the last sync of company 77 have a doubtful lead")


@pytest.mark.parametrize(
    ("ahead", "part"),
    [
        (timedelta(minutes=5), None),
        (timedelta(days=400), "is 400 days ahead of MongoDB's clock"),
        (-timedelta(hours=5), "is 5 hours behind MongoDB's clock"),
    ],
)
def test_a_machine_whose_clock_is_wrong_is_reported(ahead: timedelta, part: str | None) -> None:
    mark = RunMark("sync", None, RunSummary("sync", finished_at=NOW + ahead), at=NOW)

    found = lines(about_clocks([mark]))

    assert [part in each for each in found if part] == ([] if part is None else [True])
    assert bool(found) == (part is not None)


@pytest.mark.parametrize(
    ("remedies", "command"),
    [
        ([Remedy.TELL], "altegio-sync validate --list rule-0, then correct them in Altegio"),
        ([Remedy.CLEAN], "altegio-sync clean"),
        ([Remedy.CLEAN, Remedy.TELL], "altegio-sync clean"),
        ([Remedy.TELL, Remedy.ASK], "altegio-sync validate --fix"),
    ],
)
def test_open_errors_name_what_corrects_them(remedies: list[Remedy], command: str) -> None:
    found = [
        RuleFinding(f"rule-{number}", Severity.ERROR, each, 1)
        for number, each in enumerate(remedies)
    ]

    assert lines(about_validation(found))[0].endswith(f": {command}")
