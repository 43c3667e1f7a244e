"""The summary of a run: its first sentence, and the lines that are not zero."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from altegio_sync.cli.render_result import render_result
from altegio_sync.cli.render_sync import render_sync
from altegio_sync.domain.counts import ApiUsage, DayCounts, RecordCounts
from altegio_sync.domain.day_words import day_or_text, day_range
from altegio_sync.domain.field_change import find_changes
from altegio_sync.domain.lessons import SkipReason
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import CompanyReport, CursorMove, RunError, SyncMode, SyncReport

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
SKIPPED = Counter({SkipReason.SERVICE: 118, SkipReason.NO_CRM_ID: 70, SkipReason.INVALID: 8})


def report(counts: RecordCounts, command: str = "sync", **changes: Any) -> SyncReport:
    company = CompanyReport("77", OCTOBER, "Europe/Kyiv", ApiUsage(15, pages=13), counts)
    company.errors += changes.pop("errors", [])
    company.broke_off = changes.pop("broke_off", False)
    fields: dict[str, Any] = {
        "dry_run": False,
        "finished_at": NOW + timedelta(seconds=4.2),
    } | changes
    return SyncReport(command, "r", SyncMode.UPDATE, started_at=NOW, companies=[company], **fields)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {},
            "Stored 424 of 620 bookings of 1–31 October. 118 are other services; 78 need "
            "attention: add --skipped FILE",
        ),
        (
            {"dry_run": True},
            "Would store 424 of 620 bookings of 1–31 October. 118 are other services; 78 need "
            "attention: add --skipped FILE",
        ),
        (
            {"errors": [RunError("incomplete", "x")]},
            "The run finished with errors. Stored 424 of 620 bookings of 1–31 October. 118 are "
            "other services; 78 need attention: add --skipped FILE",
        ),
        (
            {"interrupted": True, "options": ("--update",)},
            "The run was interrupted. Stored 424 of 620 bookings of 1–31 October. 118 are other "
            "services; 78 need attention: add --skipped FILE. To continue: altegio-sync sync "
            "2026-10-01 2026-10-31 --update --resume",
        ),
    ],
    ids=["well", "a dry run", "an error", "Ctrl-C"],
)
def test_the_first_sentence_is_the_result_and_what_to_do_next(
    changes: dict[str, Any], sentence: str
) -> None:
    counts = RecordCounts(saved=400, updated=4, duplicates=20, skipped=SKIPPED)

    assert render_result(report(counts, **changes)) == sentence


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (RecordCounts(), "There are no bookings of 1–31 October."),
        (RecordCounts(saved=1), "Stored 1 of 1 booking of 1–31 October."),
        (
            RecordCounts(duplicates=5, stale=2, failed=1),
            "The run finished with errors. Stored 5 of 6 bookings of 1–31 October. 1 could not be "
            "stored; 2 differ from Altegio: add --update",
        ),
    ],
    ids=["none", "one", "stale and refused"],
)
def test_what_is_left_to_do_follows_the_result(counts: RecordCounts, sentence: str) -> None:
    assert render_result(report(counts)) == sentence


def test_a_command_that_cannot_list_the_bookings_names_the_one_that_can() -> None:
    text = render_result(report(RecordCounts(skipped=SKIPPED)), lists_later=True)

    assert text.endswith(" need attention: altegio-sync sync PERIOD --skipped FILE lists them")


def test_a_run_that_brought_nothing_new_says_so() -> None:
    counts = RecordCounts(duplicates=5, skipped=Counter({SkipReason.SERVICE: 1}))

    assert render_result(report(counts)).startswith(
        "Stored 5 of 6 bookings of 1–31 October, nothing new. 1 is "
    )


@pytest.mark.parametrize(
    ("counts", "days", "sentence"),
    [
        (
            RecordCounts(),
            DayCounts(resumed=31),
            "Nothing to read: all days of 1–31 October were complete already.",
        ),
        (
            RecordCounts(),
            DayCounts(checked=1, resumed=30),
            "There are no bookings on the days of 1–31 October that were not complete yet.",
        ),
        (
            RecordCounts(saved=2),
            DayCounts(checked=30, resumed=1),
            "Stored 2 of 2 bookings of 1–31 October. 1 day was complete already and not read again",
        ),
    ],
    ids=["all", "the others are empty", "the others have some"],
)
def test_days_that_a_resumed_run_left_out_are_not_called_empty(
    counts: RecordCounts, days: DayCounts, sentence: str
) -> None:
    resumed = report(counts)
    resumed.companies[0].days = days

    assert render_result(resumed) == sentence
    assert "days not read" in render_sync(resumed)


@pytest.mark.parametrize(
    ("options", "command"),
    [((), "altegio-sync changes"), (("--since", "30d"), "altegio-sync changes --since 2026-10-02")],
    ids=["with a cursor", "the first time"],
)
def test_changes_that_were_interrupted_begin_where_they_began(
    options: tuple[str, ...], command: str
) -> None:
    interrupted = report(RecordCounts(saved=1), "changes", interrupted=True, options=options)
    interrupted.companies[0].cursor = CursorMove(datetime(2026, 10, 2, 21, 0, tzinfo=UTC))

    assert render_result(interrupted).endswith(f". To continue: {command}")


def test_the_file_of_skipped_bookings_is_named_once_it_exists() -> None:
    text = render_result(report(RecordCounts(skipped=SKIPPED)), "skipped.csv")

    assert text.endswith("; 78 need attention: see skipped.csv")


def test_lines_of_zeros_are_left_out() -> None:
    counts = RecordCounts(saved=400, updated=2, skipped=SKIPPED, changes=Counter(status=2))

    names = [line.split("  ")[1] for line in render_sync(report(counts)).splitlines()[2:]]

    assert [each.strip() for each in names] == [
        "run",
        "period",
        "zone",
        "requests",
        "pages",
        "fetched",
        "saved",
        "updated",
        "skipped",
        "seconds",
    ]
    assert "  updated         2  status 2\n" in render_sync(report(counts))
    assert "  would save        400\n" in render_sync(report(counts, dry_run=True))


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ((2026, 10, 1), (2026, 10, 31), "1–31 October"),
        ((2026, 10, 5), (2026, 10, 5), "5 October"),
        ((2025, 10, 5), (2025, 10, 5), "5 October 2025"),
        ((2026, 10, 28), (2026, 11, 3), "28 October – 3 November"),
        ((2025, 12, 30), (2026, 1, 2), "30 December 2025 – 2 January 2026"),
    ],
)
def test_days_are_written_as_people_write_them(
    first: tuple[int, int, int], last: tuple[int, int, int], text: str
) -> None:
    assert str(day_range(Period.of_days(date(*first), date(*last)), 2026)) == text


def test_old_and_new_values_are_shown_of_status_times_and_ids_alone() -> None:
    stored = {"status": "0", "leadName": "Олена", "startDateTime": NOW, "teacherId": ["a"]}
    changed = {
        "status": "1",
        "leadName": "Оленка",
        "startDateTime": NOW + timedelta(hours=1),
        "teacherId": "9",
    }

    found = find_changes(stored, changed, changed)

    assert [str(each) for each in found] == [
        "status 0 -> 1",
        "startDateTime 2026-11-02T08:00:00Z -> 2026-11-02T09:00:00Z",
        "teacherId a value of type list -> 9",
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [({"broke_off": True}, "failed"), ({"gave_way": True}, "left to another run")],
    ids=["failed", "gave way"],
)
def test_a_run_that_read_no_days_names_the_company(changes: dict[str, Any], line: str) -> None:
    run = report(RecordCounts())
    run.companies = [CompanyReport("77", **changes)]

    shown = [" ".join(each.split()) for each in render_sync(run).splitlines()]

    assert f"company 77 {line}" in shown


def test_of_many_companies_those_that_need_attention_are_listed() -> None:
    companies = [
        CompanyReport(str(number), OCTOBER, "Europe/Kyiv", ApiUsage(1), RecordCounts(saved=1))
        for number in range(100, 125)
    ]
    companies[3].errors.append(RunError("fetch_failed", "no answer", "103"))
    companies[3].broke_off = True
    report = SyncReport(
        "sync",
        "r",
        SyncMode.UPDATE,
        dry_run=False,
        started_at=NOW,
        finished_at=NOW,
        companies=companies,
    )

    shown = render_sync(report)

    assert "  companies         25  1 needs attention" in shown
    assert "company 103" in shown
    assert "company 104" not in shown


def test_only_a_day_of_a_stored_report_is_written_as_the_language_writes_days() -> None:
    assert day_or_text("2026-03-02") == date(2026, 3, 2)
    assert day_or_text("soon") == "soon"
    assert day_or_text(None) is None
