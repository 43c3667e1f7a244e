"""What needs attention in a status, and how the status is shown."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from altegio_sync.cli.render_metrics import render_metrics
from altegio_sync.cli.render_status import render_status
from altegio_sync.domain.attention import Attention
from altegio_sync.domain.last_run import LastRun
from altegio_sync.domain.lease_state import LeaseState
from altegio_sync.domain.ledger import CompanyCoverage, Grade, LedgerEntry
from altegio_sync.domain.metrics import metric_families, unreachable_families
from altegio_sync.domain.report import SyncMode
from altegio_sync.domain.run_marks import RunMark
from altegio_sync.domain.status import StatusReport

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
DAYS = [date(2026, 3, day) for day in (1, 2, 3)]


def entry(day: date, grade: Grade = Grade.CHECKED, age: timedelta = timedelta(1)) -> LedgerEntry:
    return LedgerEntry(day, grade, NOW - age, SyncMode.UPDATE, "s", "Europe/Kyiv", "run")


COVERED = CompanyCoverage(
    "77",
    "Europe/Kyiv",
    DAYS,
    {
        DAYS[0]: entry(DAYS[0], Grade.PROVED, timedelta(days=3)),
        DAYS[1]: entry(DAYS[1], Grade.PROVED, timedelta(days=2)),
        DAYS[2]: entry(DAYS[2]),
    },
)
WELL = StatusReport(
    now=NOW,
    last_run=LastRun(
        "20260306-110000-aaaa", "changes", True, NOW - timedelta(minutes=6), 0.1, None
    ),
    about_run=[],
    coverage=[COVERED],
    cursors={"77": NOW - timedelta(minutes=5)},
    leases=[],
    budget_key="school",
    budget_spent=12,
    budget_limit=195,
    documents=4321,
    stale=0,
    validation_errors=0,
)
GAPPY = CompanyCoverage("77", "Europe/Kyiv", DAYS, {DAYS[1]: entry(DAYS[1])})


def test_nothing_wants_a_person_while_all_is_well() -> None:
    assert WELL.attention == []
    assert WELL.exit_code == 0
    assert render_status(WELL) == (
        "Everything looks fine.\n"
        "\n"
        "  last run   changes 20260306-110000-aaaa succeeded 6 minutes ago\n"
        "  complete   3 of the last 3 days, 2 proved, the oldest proof 3 days old\n"
        "  cursor     company 77: 5 minutes old\n"
        "  budget     12 of 195 requests in the last minute\n"
        "  documents  4,321\n"
        "  stale      0 in the last sync\n"
        "  errors     0 found by validate"
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"last_run": None}, "ERROR No run has brought appointments yet: altegio-sync sync"),
        ({"about_run": [Attention("ERROR", "The last sync (x) failed")]}, "ERROR The last sync"),
        (
            {"coverage": [GAPPY]},
            "WARNING 2 of the last 3 days of company 77 are not known to be complete",
        ),
        (
            {"cursors": {"77": NOW - timedelta(hours=27)}},
            "WARNING The cursor of company 77 is 27 hours old",
        ),
        (
            {"cursors": {"77": NOW + timedelta(hours=27)}},
            "WARNING The cursor of company 77 is 27 hours in the future: check the clocks",
        ),
        ({"about_store": [Attention("WARNING", "No index")]}, "WARNING No index"),
    ],
    ids=["no run", "failed run", "gaps", "cursor left behind", "cursor ahead", "index"],
)
def test_what_wants_a_person_is_a_line_of_its_own_and_exit_1(
    changes: dict[str, Any], line: str
) -> None:
    report = replace(WELL, **changes)

    assert report.exit_code == 1
    assert [str(each).startswith(line) for each in report.attention] == [True]
    assert render_status(report).startswith("Needs attention\n")
    assert f"\n{line}" in render_status(report)


@pytest.mark.parametrize(
    "changes",
    [
        {"stale": 7},
        {"cursors": {}},
        {"cursors": {"77": NOW - timedelta(hours=25)}},
        {"leases": [LeaseState("77", "sync x", is_expired=True)]},
        {"budget_spent": 195},
    ],
    ids=["stale", "no cursor", "a cursor of yesterday", "a run that died", "a spent budget"],
)
def test_what_mends_itself_wants_nobody(changes: dict[str, Any]) -> None:
    assert replace(WELL, **changes).exit_code == 0


def test_who_is_at_work_and_who_died_is_shown() -> None:
    leases = [LeaseState("77", "sync a (host)", False), LeaseState("all", "clean b (host)", True)]

    text = render_status(replace(WELL, leases=leases))

    assert "  at work    77: sync a (host)\n" in text
    assert "  at work    all: clean b (host) (interrupted)\n" in text


def test_many_companies_fit_on_a_screen() -> None:
    gaps = [replace(COVERED, company=str(number), graded={}) for number in range(100, 130)]
    ages = {each.company: NOW - timedelta(minutes=int(each.company)) for each in gaps}

    text = render_status(replace(WELL, coverage=[COVERED, *gaps], cursors=ages))

    rows = "1 of 31 companies in all of the last 3 days, the oldest proof 3 days old"
    assert text.count("\n  complete ") == text.count(rows) == 1
    assert "  cursor     30 companies, the oldest 2 hours old\n" in text
    warnings = [line for line in text.splitlines() if line.startswith("WARNING")]
    assert len(warnings) == 6
    assert "company 104 " in warnings[4]
    assert warnings[5] == "WARNING 25 more lines like these: altegio-sync status --json shows all"


def test_as_json_the_same_stands_in_fields() -> None:
    told = replace(WELL, leases=[LeaseState("77", "sync a", False)]).to_json()

    assert told["ok"] is True
    assert told["attention"] == []
    assert told["coverage"][0]["company"] == "77"
    assert told["coverage"][0]["covered"] == 3
    assert told["coverage"][0]["oldest_proof_age_seconds"] == 3 * 24 * 3600
    assert told["cursors"] == [
        {"company": "77", "at": "2026-03-06T11:55:00.000Z", "age_seconds": 300}
    ]
    assert told["leases"] == [{"company": "77", "holder": "sync a", "expired": False}]
    assert told["budget"] == {"key": "school", "last_minute": 12, "limit": 195}
    assert told["documents"] == 4321
    assert told["stale"] == 0
    assert told["validation_errors"] == 0


_HELP = re.compile(r"# HELP ([a-z_]+) \S[^\n]*")
_TYPE = re.compile(r"# TYPE ([a-z_]+) gauge")
_SAMPLE = re.compile(
    r'([a-z_]+)(?:\{([a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*)\})? '
    r"(-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)"
)


def parse_metrics(text: str) -> dict[str, float]:
    """By name and labels; every family stands together, its help and type before its samples."""
    samples: dict[str, float] = {}
    families: list[str] = []
    for line in text.split("\n"):
        if told := _HELP.fullmatch(line):
            assert told[1] not in families
            families.append(told[1])
        elif told := _TYPE.fullmatch(line):
            assert told[1] == families[-1]
        else:
            sample = _SAMPLE.fullmatch(line)
            assert sample is not None, line
            assert sample[1] == families[-1]
            name = f"{sample[1]}{{{sample[2]}}}" if sample[2] else sample[1]
            assert name not in samples
            samples[name] = float(sample[3])
    return samples


def test_the_metrics_are_in_prometheuss_text_format() -> None:
    other = replace(COVERED, company='7"8\\\n', graded={})
    ended_at, before = NOW - timedelta(minutes=6), NOW - timedelta(days=1)
    ends = [
        RunMark("sync", "77", at=ended_at, succeeded_at=before),
        RunMark("changes", "78", at=ended_at),
        RunMark("changes", None, at=ended_at, succeeded_at=ended_at),
    ]
    leases = [LeaseState("77", "x", False)]
    report = replace(WELL, coverage=[COVERED, other], leases=leases, ends=ends)

    samples = parse_metrics(render_metrics(metric_families(report)))

    assert samples == {
        "altegio_sync_needs_attention": 1,
        'altegio_sync_last_run_ok{command="changes"}': 1,
        'altegio_sync_last_run_timestamp_seconds{company="78",command="changes"}': (
            ended_at.timestamp()
        ),
        'altegio_sync_last_run_timestamp_seconds{company="77",command="sync"}': (
            ended_at.timestamp()
        ),
        'altegio_sync_last_success_timestamp_seconds{company="77",command="sync"}': (
            before.timestamp()
        ),
        'altegio_sync_covered_days{company="77"}': 3,
        'altegio_sync_covered_days{company="7\\"8\\\\ "}': 0,
        'altegio_sync_proved_days{company="77"}': 2,
        'altegio_sync_proved_days{company="7\\"8\\\\ "}': 0,
        'altegio_sync_gap_days{company="77"}': 0,
        'altegio_sync_gap_days{company="7\\"8\\\\ "}': 3,
        'altegio_sync_oldest_proof_age_seconds{company="77"}': 3 * 24 * 3600,
        'altegio_sync_cursor_age_seconds{company="77"}': 300,
        "altegio_sync_leases_held": 1,
        "altegio_sync_budget_requests_last_minute": 12,
        "altegio_sync_documents": 4321,
        "altegio_sync_stale": 0,
        "altegio_sync_validation_errors": 0,
    }


def test_where_mongodb_is_out_of_reach_a_person_is_wanted_as_well() -> None:
    assert parse_metrics(render_metrics(unreachable_families())) == {
        "altegio_sync_needs_attention": 1
    }


def test_before_the_first_run_the_metrics_are_valid_too() -> None:
    empty = replace(WELL, last_run=None, coverage=[], cursors={})

    samples = parse_metrics(render_metrics(metric_families(empty)))
    assert samples["altegio_sync_needs_attention"] == 1


def test_the_metrics_of_several_schools_have_a_label_and_stand_together_by_name() -> None:
    families = [
        *(each.of_school("kyiv") for each in metric_families(WELL)),
        *(each.of_school('l"viv') for each in unreachable_families()),
    ]

    samples = parse_metrics(render_metrics(families))

    assert samples['altegio_sync_needs_attention{school="kyiv"}'] == 0
    assert samples['altegio_sync_needs_attention{school="l\\"viv"}'] == 1
    assert samples['altegio_sync_gap_days{school="kyiv",company="77"}'] == 0
