"""When an entry of the ledger counts, and which days a run with `--resume` leaves out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.leads import LeadIdKind, LeadRules
from altegio_sync.domain.ledger import (
    CompanyCoverage,
    CoverageReport,
    DayRecord,
    Grade,
    LedgerEntry,
    ResumeRule,
    cover,
    days_to_read,
    settings_hash,
)
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode

KYIV = ZoneInfo("Europe/Kyiv")
DAY = date(2026, 3, 2)
#: The local day's end in Kyiv, two hours ahead of UTC in winter.
DAY_END = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
ENTRY = LedgerEntry(
    DAY, Grade.CHECKED, NOW, SyncMode.NEW_ONLY, "settings", "Europe/Kyiv", "20260305-120000-aaaa"
)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"at": DAY_END}, True),
        ({"at": DAY_END - timedelta(seconds=1)}, False),
        ({"settings": "others"}, False),
        ({"timezone": "Europe/Warsaw"}, False),
    ],
    ids=["made at the day's end", "made before it", "other settings", "cut in another zone"],
)
def test_an_entry_counts_when_made_after_the_local_day_under_todays_settings_and_zone(
    changes: dict[str, object], counts: bool
) -> None:
    entry = replace(ENTRY, **changes)  # type: ignore[arg-type]

    assert entry.counts(KYIV, "settings") is counts


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)], ids=["spring", "autumn"]
)
def test_the_days_on_which_clocks_change_end_with_their_last_hour(day: date, hours: int) -> None:
    begins_at = datetime.combine(day, datetime.min.time(), KYIV).astimezone(UTC)
    entry = replace(ENTRY, day=day, at=begins_at + timedelta(hours=hours))

    assert entry.counts(KYIV, "settings")
    assert not replace(entry, at=entry.at - timedelta(seconds=1)).counts(KYIV, "settings")


def test_the_hash_stands_for_what_decides_which_bookings_are_kept_and_for_nothing_else() -> None:
    rules = LessonRules(frozenset({"1", "2"}), frozenset({"3"}))

    hashes = {
        settings_hash(rules, LeadRules()),
        settings_hash(LessonRules(frozenset({"1"}), frozenset({"3"})), LeadRules()),
        settings_hash(LessonRules(frozenset({"1", "2"})), LeadRules()),
        settings_hash(LessonRules(frozenset({"1", "2", "3"})), LeadRules()),
        settings_hash(rules, LeadRules(pattern=re.compile("(?P<id>x)"))),
        settings_hash(rules, LeadRules(kind=LeadIdKind.CLIENT)),
        settings_hash(rules, LeadRules(lengths=frozenset({8}))),
        settings_hash(rules, LeadRules(region="PL")),
    }
    assert len(hashes) == 8
    assert (
        settings_hash(LessonRules(frozenset({"2", "1"}), frozenset({"3"})), LeadRules()) in hashes
    )


PROVED = replace(ENTRY, grade=Grade.PROVED, at=NOW - timedelta(days=1))
UPDATING = replace(ENTRY, mode=SyncMode.UPDATE)


@pytest.mark.parametrize(
    ("first", "second", "strongest"),
    [
        (ENTRY, replace(ENTRY, run_id="later"), "second"),
        (PROVED, ENTRY, "first"),
        (ENTRY, replace(ENTRY, grade=Grade.PROVED), "second"),
        (UPDATING, ENTRY, "first"),
        (ENTRY, UPDATING, "second"),
        (PROVED, UPDATING, "first"),
        (replace(PROVED, at=DAY_END - timedelta(hours=1)), ENTRY, "second"),
        (replace(PROVED, settings="others"), ENTRY, "second"),
        (replace(PROVED, timezone="Europe/Warsaw"), ENTRY, "second"),
    ],
    ids=[
        "as strong",
        "proof stays",
        "proof comes",
        "update stays",
        "update comes",
        "a proof and an update",
        "a proof made too early",
        "of other settings",
        "of another zone",
    ],
)
def test_a_weaker_pass_is_the_latest_and_puts_no_stronger_one_out_that_still_counts(
    first: LedgerEntry, second: LedgerEntry, strongest: str
) -> None:
    record = DayRecord.first(first).with_entry(second, KYIV)

    assert record.strongest == {"first": first, "second": second}[strongest]
    assert record.latest == second


EARLIER = replace(ENTRY, at=NOW - timedelta(minutes=5), run_id="earlier")


@pytest.mark.parametrize(
    ("earlier", "is_strongest"),
    [
        (EARLIER, False),
        (replace(EARLIER, at=DAY_END - timedelta(hours=1)), False),
        (replace(EARLIER, settings="others"), False),
        (replace(EARLIER, grade=Grade.PROVED), True),
        (replace(EARLIER, mode=SyncMode.UPDATE), True),
    ],
    ids=["as strong", "before the day's end", "of other settings", "a proof", "an update"],
)
def test_a_run_that_was_stopped_and_goes_on_later_puts_no_later_pass_out(
    earlier: LedgerEntry, is_strongest: bool
) -> None:
    record = DayRecord.first(ENTRY).with_entry(earlier, KYIV)

    assert record.latest == ENTRY
    assert record.strongest == (earlier if is_strongest else ENTRY)


RULE = ResumeRule(SyncMode.NEW_ONLY, False, "settings", NOW, timedelta(hours=24))
ABOUT_TOO_OLD = NOW - timedelta(hours=24)


@pytest.mark.parametrize(
    ("record", "rule", "is_done"),
    [
        (DayRecord.first(ENTRY), RULE, True),
        (DayRecord.first(replace(ENTRY, at=ABOUT_TOO_OLD)), RULE, True),
        (DayRecord.first(replace(ENTRY, at=ABOUT_TOO_OLD - timedelta(seconds=1))), RULE, False),
        (DayRecord.first(ENTRY), replace(RULE, settings="others"), False),
        (DayRecord.first(ENTRY), replace(RULE, mode=SyncMode.UPDATE), False),
        (DayRecord.first(UPDATING), RULE, True),
        (DayRecord.first(UPDATING), replace(RULE, mode=SyncMode.UPDATE), True),
        (DayRecord.first(ENTRY), replace(RULE, proves=True), False),
        (DayRecord.first(PROVED), replace(RULE, proves=True), True),
        (DayRecord(replace(PROVED, at=DAY_END), ENTRY), RULE, True),
        (DayRecord(replace(PROVED, at=DAY_END), ENTRY), replace(RULE, proves=True), False),
        (DayRecord(PROVED, UPDATING), replace(RULE, mode=SyncMode.UPDATE, proves=True), False),
    ],
    ids=[
        "fresh",
        "just fresh enough",
        "too old",
        "other settings",
        "a weaker mode",
        "a stronger mode",
        "the same mode",
        "a weaker grade",
        "the same grade",
        "an old proof does not hide a fresh check",
        "nor stands a fresh check in for it",
        "mode and grade of two passes do not add up",
    ],
)
def test_a_day_is_done_by_one_pass_fresh_and_strong_enough(
    record: DayRecord, rule: ResumeRule, is_done: bool
) -> None:
    assert rule.is_done(record, KYIV) is is_done


@given(st.sets(st.integers(0, 29)))
def test_what_is_to_be_read_and_what_is_done_make_up_the_period(done: set[int]) -> None:
    period = Period.of_days(date(2026, 2, 1), date(2026, 3, 2))
    days = list(period.each_day())
    records = {days[n]: DayRecord.first(replace(ENTRY, day=days[n])) for n in done}

    spans = days_to_read(period, records, KYIV, RULE)

    to_read = [day for span in spans for day in span.each_day()]
    assert sorted([*to_read, *records]) == days
    assert all(later.start > earlier.end for earlier, later in pairwise(spans))


WEEK = Period.of_days(date(2026, 3, 1), date(2026, 3, 7))


def covered(company: str = "77", zone: ZoneInfo = KYIV, **graded: LedgerEntry) -> CompanyCoverage:
    """Days are given as ``d2`` for 2 March."""
    records = {
        date(2026, 3, int(name[1:])): DayRecord.first(
            replace(entry, day=date(2026, 3, int(name[1:])), timezone=zone.key)
        )
        for name, entry in graded.items()
    }
    return cover(company, WEEK, records, zone, settings="settings", now=NOW)


def test_days_that_have_ended_without_an_entry_that_counts_are_gaps() -> None:
    coverage = covered(d1=PROVED, d2=ENTRY, d4=replace(ENTRY, settings="others"))

    assert coverage.to_json() == {
        "days": 4,
        "covered": 2,
        "proved": 1,
        "gaps": [["2026-03-03", "2026-03-04"]],
        "oldest_at": "2026-03-04T12:00:00.000Z",
        "not_ended": 3,
    }


def test_a_period_that_has_not_ended_has_no_gaps() -> None:
    later = Period.of_days(date(2026, 3, 5), date(2026, 3, 8))

    coverage = cover("77", later, {}, KYIV, settings="settings", now=NOW)

    assert coverage.gaps == []
    assert coverage.not_ended == 4
    assert coverage.oldest_at is None
    assert CoverageReport(later, [coverage]).exit_code == 0


def test_of_a_days_passes_the_strongest_that_counts_is_told() -> None:
    record = DayRecord(replace(PROVED, settings="others"), ENTRY)

    coverage = cover("77", WEEK, {DAY: record}, KYIV, settings="settings", now=NOW)

    assert coverage.graded == {DAY: ENTRY}


def test_a_day_of_several_companies_is_as_well_known_as_that_of_the_weakest() -> None:
    one = covered("77", d1=PROVED, d2=PROVED, d3=ENTRY, d4=ENTRY)
    other = covered("78", d1=PROVED, d2=ENTRY, d3=ENTRY)
    report = CoverageReport(WEEK, [one, other])

    told = report.to_json()

    assert told["days"] == 4
    assert told["covered"] == 3
    assert told["proved"] == 1
    assert told["gaps"] == [["2026-03-04", "2026-03-04"]]
    assert [each["company"] for each in told["by_company"]] == ["77", "78"]
    assert [each["gaps"] for each in told["by_company"]] == [[], [["2026-03-04", "2026-03-04"]]]
    assert told["ok"] is False
    assert report.exit_code == 1


def test_a_day_that_goes_on_in_one_companys_zone_is_no_gap_of_the_whole() -> None:
    everything = dict.fromkeys(("d1", "d2", "d3", "d4"), ENTRY)
    ahead = covered("77", ZoneInfo("Pacific/Kiritimati"), **everything, d5=ENTRY)
    behind = covered("78", KYIV, **everything)

    report = CoverageReport(WEEK, [ahead, behind])

    assert len(ahead.days) == 5
    assert len(behind.days) == 4
    assert report.to_json()["gaps"] == []
    assert report.to_json()["days"] == 5
    assert report.exit_code == 0
