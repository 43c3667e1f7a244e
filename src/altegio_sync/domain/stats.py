"""What the collection holds, counted; the shape that `stats --json` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Literal

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.foreign_text import shown
from altegio_sync.domain.period_words import parse_open_period
from altegio_sync.domain.report import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import AnyPeriod, Period

#: The first and the last day that a period can hold: they stand for an end that was left open.
EARLIEST, LATEST = date(1, 1, 2), date(9999, 12, 30)
MISSING = "Missing"
KNOWN_STATUSES = tuple(each.value for each in AttendanceStatus)


def parse_span(first: str | None, last: str | None) -> AnyPeriod | None:
    """The days from ``first`` to ``last``, both included, either left open; None for all time.

    Raises:
        ConfigError: no such day, month or word, or the days the wrong way round.
    """
    return parse_open_period(first, last, EARLIEST, LATEST)


def open_ends(period: Period) -> tuple[date | None, date | None]:
    """The first and the last day, None where it was left open."""
    first = None if period.start == EARLIEST else period.start
    return first, None if period.last_day == LATEST else period.last_day


def day_starts_at(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the local day, in UTC; the hour on where the clocks skip midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def share_of(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class StatsQuery:
    """What is counted: the documents that start from ``since`` up to ``until``, None for all."""

    zone: ZoneInfo
    now: datetime
    last_days: Period
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StatusCount:
    """``status`` is None where what is stored is no text; the label says what it is."""

    status: str | None
    label: str
    count: int

    def to_json(self) -> dict[str, Any]:
        return {"status": self.status, "label": self.label, "count": self.count}


@dataclass(frozen=True, slots=True)
class NamedCount:
    """Of a teacher or a service, under the name that its latest appointment has."""

    id: str
    name: str | None
    count: int

    @property
    def shown_name(self) -> str:
        return shown(self.name or "") or f"#{shown(self.id)}"

    def to_json(self, kind: Literal["teacher", "service"]) -> dict[str, Any]:
        return {f"{kind}Id": self.id, f"{kind}Name": self.name, "count": self.count}


@dataclass(frozen=True, slots=True)
class DayCount:
    """The appointments that start on a local day."""

    day: date
    count: int

    def to_json(self) -> dict[str, Any]:
        return {"date": self.day.isoformat(), "count": self.count}


@dataclass(frozen=True, slots=True)
class HourCount:
    """Those that start within an hour of the school's week; Monday is 1."""

    weekday: int
    hour: int
    count: int

    def to_json(self) -> dict[str, int]:
        return {"weekday": self.weekday, "hour": self.hour, "count": self.count}


@dataclass(frozen=True, slots=True)
class ShowCount:
    """How many of a teacher's lessons were attended and missed; the others are undecided."""

    id: str
    name: str | None
    arrived: int
    no_show: int

    @property
    def shown_name(self) -> str:
        return shown(self.name or "") or f"#{shown(self.id)}"

    @property
    def rate(self) -> float | None:
        return share_of(self.no_show, self.arrived + self.no_show)

    def to_json(self) -> dict[str, Any]:
        return {
            "teacherId": self.id,
            "teacherName": self.name,
            "arrived": self.arrived,
            "no_show": self.no_show,
            "rate": _rounded(self.rate),
        }


@dataclass(frozen=True, slots=True)
class TrialCounts:
    """Trial lessons, the leads who had one, and those with a lesson after their first trial."""

    lessons: int
    leads: int
    booked_again: int
    came_again: int

    def to_json(self) -> dict[str, Any]:
        return {
            "lessons": self.lessons,
            "leads": self.leads,
            "booked_again": self.booked_again,
            "came_again": self.came_again,
            "rate": _rounded(share_of(self.came_again, self.leads)),
        }


@dataclass(frozen=True, slots=True)
class DuplicateCounts:
    """Ids that several documents have, and the documents beyond one for each.

    ``first`` names some of the ids, with the number of their documents.
    """

    appointment_ids: int = 0
    extra_documents: int = 0
    first: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, int]:
        return {
            "appointment_ids": self.appointment_ids,
            "extra_documents": self.extra_documents,
        }


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """What the store counted; everything but the first, third and last is of active ones."""

    total: int
    active: int
    deleted: int
    trial: int
    statuses: tuple[StatusCount, ...]
    top_teachers: tuple[NamedCount, ...]
    top_services: tuple[NamedCount, ...]
    by_day: tuple[DayCount, ...]
    last_30_days: int
    upcoming: int
    heat_map: tuple[HourCount, ...]
    shows: tuple[ShowCount, ...]
    trials: TrialCounts
    duplicates: DuplicateCounts
    has_unique_index: bool


@dataclass(frozen=True, slots=True)
class LastRun:
    """The sync that began last; ``period`` is as its report has it."""

    run_id: str
    command: str
    ok: bool
    finished_at: datetime | None
    age_hours: float | None
    period: dict[str, str | None] | None
    stale: int = 0
    problem: str = ""
    interrupted: bool = False
    #: The command that goes on where an interrupted run ended.
    continued_by: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "command": self.command,
            "ok": self.ok,
            "finished_at": None if self.finished_at is None else utc_text(self.finished_at),
            "age_hours": None if self.age_hours is None else round(self.age_hours, 1),
            "period": self.period,
        }


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that somebody should see to; as text, a line for `grep`."""

    level: Literal["WARNING", "ERROR"]
    text: str
    code: str = ""
    company: str | None = None

    def to_json(self) -> dict[str, Any]:
        message = " ".join(shown(self.text).split())
        return {
            "level": self.level,
            "code": self.code,
            "message": message,
            "company": self.company,
        }

    def __str__(self) -> str:
        return f"{self.level} {' '.join(shown(self.text).split())}"


@dataclass(frozen=True, slots=True)
class StatsReport:
    """Everything that `stats` tells; ``zone_source`` is why the days are cut in that zone."""

    made_at: datetime
    today: date
    timezone: str
    zone_source: str
    period: Period | None
    counts: StoredCounts
    last_run: LastRun | None
    warnings: tuple[Attention, ...]

    @property
    def oldest(self) -> date | None:
        return self.counts.by_day[0].day if self.counts.by_day else None

    @property
    def newest(self) -> date | None:
        return self.counts.by_day[-1].day if self.counts.by_day else None

    @property
    def by_status(self) -> tuple[StatusCount, ...]:
        return in_fixed_order(self.counts.statuses)

    @property
    def attendance(self) -> ShowCount:
        """Of all teachers together."""
        found = {each.status: each.count for each in self.counts.statuses}
        arrived = found.get(AttendanceStatus.ARRIVED.value, 0)
        return ShowCount("", None, arrived, found.get(AttendanceStatus.NO_SHOW.value, 0))

    def to_json(self) -> dict[str, Any]:
        counts = self.counts
        return {
            "command": "stats",
            "ok": True,
            "timezone": {"name": self.timezone, "source": self.zone_source},
            "period": None if self.period is None else _period_json(self.period),
            "total": counts.total,
            "active": counts.active,
            "deleted": counts.deleted,
            "trial": counts.trial,
            "by_status": [each.to_json() for each in self.by_status],
            "top_teachers": [each.to_json("teacher") for each in counts.top_teachers],
            "top_services": [each.to_json("service") for each in counts.top_services],
            "dates": {
                "oldest": None if self.oldest is None else self.oldest.isoformat(),
                "newest": None if self.newest is None else self.newest.isoformat(),
                "last_30_days": counts.last_30_days,
                "upcoming": counts.upcoming,
                "by_day": [each.to_json() for each in counts.by_day],
            },
            "heat_map": [each.to_json() for each in counts.heat_map],
            "no_show": {
                "arrived": self.attendance.arrived,
                "no_show": self.attendance.no_show,
                "rate": _rounded(self.attendance.rate),
                "by_teacher": [each.to_json() for each in counts.shows],
            },
            "trials": counts.trials.to_json(),
            "duplicates": counts.duplicates.to_json(),
            "last_run": None if self.last_run is None else self.last_run.to_json(),
            "warnings": [str(each) for each in self.warnings],
        }


def label_of(status: str | None, bson_type: str = "string") -> str:
    """What a stored status means; the number 1 is not the text "1", and nobody finds it."""
    if status in KNOWN_STATUSES:
        return AttendanceStatus(status).label
    if bson_type in ("missing", "null", "undefined") or status == "":
        return MISSING
    return "Unknown" if status is not None else f"Not text ({bson_type})"


def in_fixed_order(found: Iterable[StatusCount]) -> tuple[StatusCount, ...]:
    """The known statuses, counted or not, then the unknown ones, most frequent first.

    All ways to have no status are one count.
    """
    found = tuple(found)
    by_status = {each.status: each for each in found if each.status in KNOWN_STATUSES}
    known = [by_status.get(each, StatusCount(each, label_of(each), 0)) for each in KNOWN_STATUSES]
    unknown = [
        each for each in found if each.status not in KNOWN_STATUSES and each.label != MISSING
    ]
    if missing := sum(each.count for each in found if each.label == MISSING):
        unknown.append(StatusCount(None, MISSING, missing))
    unknown.sort(key=lambda each: (-each.count, each.status or "", each.label))
    return (*known, *unknown)


def _period_json(period: Period) -> dict[str, str | None]:
    first, last = open_ends(period)
    return {
        "from": None if first is None else first.isoformat(),
        "to": None if last is None else last.isoformat(),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
