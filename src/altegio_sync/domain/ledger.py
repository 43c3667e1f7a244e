"""Which local days are known to be complete: a grade for each day, and the reason for the grade.

The bookings of a list move between its pages while the pages are read. A day is *checked* when the
number of distinct ids on all pages equals the totals of the first and the last answer. It is
*proved* when one answer contained all bookings.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.domain.period import Period, spans
from altegio_sync.domain.report import SyncMode
from altegio_sync.domain.zones import are_same_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.leads import LeadRules
    from altegio_sync.domain.lessons import LessonRules

_DAY = timedelta(days=1)
#: Raise this number when the program keeps other bookings under the same settings.
_RULES_VERSION = 2


class Grade(Enum):
    """How certain it is that no booking was missed. The weaker grade comes first.

    The beginning of this module says what makes a day checked or proved.
    """

    CHECKED = "checked"
    PROVED = "proved"

    @property
    def strength(self) -> int:
        return 2 if self is Grade.PROVED else 1


def settings_hash(rules: LessonRules, leads: LeadRules) -> str:
    """A hash of the settings that decide what is kept. Entries with another hash do not count."""
    decisive = [
        _RULES_VERSION,
        sorted(rules.individual_ids),
        sorted(rules.trial_ids),
        leads.deciding_values(),
    ]
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One pass over one local day; ``at`` is the time of its first answer, by Altegio's clock.

    ``timezone`` is the zone in which the day begins and ends.
    """

    day: date
    grade: Grade
    at: datetime
    mode: SyncMode
    settings: str
    timezone: str
    run_id: str

    def counts(self, zone: ZoneInfo, settings: str) -> bool:
        """Whether the pass began after the end of the day, in this zone, with these settings."""
        day_end = datetime.combine(self.day + _DAY, time(), zone)
        is_same = are_same_zone(self.timezone, zone.key)
        return is_same and self.settings == settings and self.at >= day_end

    def is_as_strong_as(self, other: LedgerEntry) -> bool:
        return self.grade.strength >= other.grade.strength and self.mode.includes(other.mode)


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What is stored about a day: the strongest pass and the latest pass."""

    strongest: LedgerEntry
    latest: LedgerEntry

    @classmethod
    def first(cls, entry: LedgerEntry) -> DayRecord:
        return cls(entry, entry)

    def with_entry(self, entry: LedgerEntry, zone: ZoneInfo) -> DayRecord:
        """The record after this pass.

        ``latest`` is the pass with the latest time. ``strongest`` becomes this pass, except in two
        cases: the old pass still counts and is stronger; or the old pass is later (a run was
        stopped and continued), and is as strong or was read under other settings.
        """
        old = self.strongest
        is_stronger = old.counts(zone, entry.settings) and not entry.is_as_strong_as(old)
        says_more = old.settings != entry.settings or old.is_as_strong_as(entry)
        is_later = old.at > entry.at and old.counts(zone, old.settings) and says_more
        latest = max(entry, self.latest, key=lambda each: each.at)
        return DayRecord(old if is_stronger or is_later else entry, latest)

    def counting(self, zone: ZoneInfo, settings: str) -> list[LedgerEntry]:
        return [each for each in (self.strongest, self.latest) if each.counts(zone, settings)]

    def counted_before(self, zone: ZoneInfo) -> bool:
        """Whether a pass counted under the settings and rules of its own time."""
        return any(each.counts(zone, each.settings) for each in (self.strongest, self.latest))


@dataclass(frozen=True, slots=True)
class ResumeRule:
    """Which days a resumed run need not read again."""

    mode: SyncMode
    proves: bool
    settings: str
    now: datetime
    max_age: timedelta

    def is_done(self, record: DayRecord, zone: ZoneInfo) -> bool:
        return any(
            self.now - each.at <= self.max_age
            and each.mode.includes(self.mode)
            and (each.grade is Grade.PROVED or not self.proves)
            for each in record.counting(zone, self.settings)
        )


def days_to_read(
    period: Period, records: Mapping[date, DayRecord], zone: ZoneInfo, rule: ResumeRule
) -> list[Period]:
    """The days of the period that must be read, as spans of consecutive days."""
    open_days = [
        day
        for day in period.each_day()
        if day not in records or not rule.is_done(records[day], zone)
    ]
    return spans(open_days)


@dataclass(frozen=True, slots=True)
class CompanyCoverage(JsonForm):
    """The days of a period that have ended, and what the ledger says about them.

    ``graded`` holds the days that count; the others of ``days`` are gaps. ``outdated`` are the gaps
    that would count under the settings and rules of the time when they were read.
    """

    json_keys = (
        *(Key("days", "day_count"), Key("covered", "covered_count"), "proved"),
        *(Key("gaps", "gap_ends"), "oldest_at", "not_ended"),
    )

    company: str
    timezone: str
    days: Sequence[date]
    graded: Mapping[date, LedgerEntry]
    not_ended: int = 0
    outdated: frozenset[date] = frozenset()

    @property
    def day_count(self) -> int:
        return len(self.days)

    @property
    def covered_count(self) -> int:
        return len(self.graded)

    @property
    def gap_ends(self) -> list[tuple[date, date]]:
        return [(gap.start, gap.last_day) for gap in self.gaps]

    @property
    def gaps(self) -> list[Period]:
        return spans(day for day in self.days if day not in self.graded)

    @property
    def proved(self) -> int:
        return sum(each.grade is Grade.PROVED for each in self.graded.values())

    @property
    def oldest_at(self) -> datetime | None:
        return min((each.at for each in self.graded.values()), default=None)

    @property
    def oldest_proof_at(self) -> datetime | None:
        proofs = (each.at for each in self.graded.values() if each.grade is Grade.PROVED)
        return min(proofs, default=None)


def cover(
    company: str,
    period: Period,
    records: Mapping[date, DayRecord],
    zone: ZoneInfo,
    *,
    settings: str,
    now: datetime,
) -> CompanyCoverage:
    """The entries of the ledger about the period's days. Today cannot be covered yet."""
    today = now.astimezone(zone).date()
    ended = [day for day in period.each_day() if day < today]
    graded = {}
    for day in ended:
        counting = records[day].counting(zone, settings) if day in records else []
        if counting:
            graded[day] = max(counting, key=lambda each: (each.grade.strength, each.at))
    outdated = frozenset(
        day
        for day in ended
        if day in records and day not in graded and records[day].counted_before(zone)
    )
    return CompanyCoverage(company, zone.key, ended, graded, period.days - len(ended), outdated)


@dataclass(frozen=True, slots=True)
class CoverageReport(CommandReport):
    """The days of a period that the ledger covers, for one company or several.

    A day of several companies is covered when it is covered for each of them.
    """

    json_keys = (
        *("command", "ok", Key("period", "days_asked")),
        Key("timezone", "first_zone"),
    )
    command: ClassVar[str] = "coverage"

    period: Period
    companies: Sequence[CompanyCoverage]

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(has_failed=any(each.gaps for each in self.companies))

    @property
    def days_asked(self) -> dict[str, date]:
        return {"from": self.period.start, "to": self.period.last_day}

    @property
    def first_zone(self) -> str:
        return self.companies[0].timezone

    def whole(self) -> CompanyCoverage:
        """All companies as one. The weakest company decides about each day."""
        first = self.companies[0]
        days = max((each.days for each in self.companies), key=len)
        graded = {}
        for day in days:
            ended = [each.graded.get(day) for each in self.companies if day in each.days]
            entries = [entry for entry in ended if entry is not None]
            if len(entries) == len(ended):
                graded[day] = min(entries, key=lambda entry: (entry.grade.strength, entry.at))
        not_ended = min(each.not_ended for each in self.companies)
        outdated = frozenset(
            day
            for day in days
            if day not in graded
            and all(
                day in each.graded or day in each.outdated
                for each in self.companies
                if day in each.days
            )
        )
        return CompanyCoverage("", first.timezone, days, graded, not_ended, outdated)

    def to_json(self) -> dict[str, Any]:
        several = [
            {"company": each.company, "timezone": each.timezone, **each.to_json()}
            for each in self.companies
        ]
        by_company = {"by_company": several} if len(several) > 1 else {}
        # `super()` fails in a dataclass with slots, which Python 3.11 builds a second time.
        return CommandReport.to_json(self) | self.whole().to_json() | by_company
