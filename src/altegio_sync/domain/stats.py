"""The figures of the collection, as `stats --json` prints them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.exit_code import CommandReport
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.domain.period_words import parse_open_period
from altegio_sync.messages import lessons as texts
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.attention import Attention
    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.last_run import LastRun
    from altegio_sync.domain.period import AnyPeriod, Period
    from altegio_sync.messages import Message

#: The first and the last day of any period. An open period begins or ends here.
EARLIEST, LATEST = date(1, 1, 2), date(9999, 12, 30)
_RATE_DIGITS = 4
KNOWN_STATUSES = tuple(each.value for each in AttendanceStatus)


def parse_span(first: str | None, last: str | None) -> AnyPeriod | None:
    """The days from ``first`` to ``last``, both included. None is an open end, or all time.

    Raises:
        ConfigError: no such day, month or word, or the first day is after the last.
    """
    return parse_open_period(first, last, EARLIEST, LATEST)


def open_ends(period: Period) -> tuple[date | None, date | None]:
    """The first and the last day; None for an open end."""
    first = None if period.start == EARLIEST else period.start
    return first, None if period.last_day == LATEST else period.last_day


def day_starts_at(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the local day, in UTC; an hour later if the clocks skip midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def share_of(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class StatsQuery:
    """Counts documents that start from ``since`` on and before ``until``; None is no limit.

    ``counts_unread_starts`` also counts the documents whose start is no date, which takes a pass
    over the collection.
    """

    zone: ZoneInfo
    now: datetime
    last_days: Period
    since: datetime | None = None
    until: datetime | None = None
    companies: CompanyScope | None = None
    counts_unread_starts: bool = False


@dataclass(frozen=True, slots=True)
class StatusCount(JsonForm):
    """The appointments with one status; ``status`` is None if the stored value is not text."""

    status: str | None
    label: Message
    count: int


@dataclass(frozen=True, slots=True)
class NamedCount:
    """The appointments of a teacher or a service, with the name in the latest of them."""

    id: str
    name: str | None
    count: int

    @property
    def shown_name(self) -> str:
        return _name_or_id(self)


def _name_or_id(counted: NamedCount | ShowCount) -> str:
    return plain(counted.name or "") or f"#{plain(counted.id)}"


@dataclass(frozen=True, slots=True)
class DayCount(JsonForm):
    """The appointments that start on a local day."""

    json_keys = (Key("date", "day"), "count")

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class HourCount(JsonForm):
    """The appointments that start within one hour of the week; Monday is 1."""

    weekday: int
    hour: int
    count: int


@dataclass(frozen=True, slots=True)
class ShowCount(JsonForm):
    """How many of a teacher's lessons were attended and missed; other lessons do not count."""

    json_keys = (
        *(Key("teacherId", "id"), Key("teacherName", "name"), "arrived", "no_show"),
        Key("rate", digits=_RATE_DIGITS),
    )

    id: str
    name: str | None
    arrived: int
    no_show: int

    @property
    def shown_name(self) -> str:
        return _name_or_id(self)

    @property
    def rate(self) -> float | None:
        return share_of(self.no_show, self.arrived + self.no_show)


@dataclass(frozen=True, slots=True)
class TrialCounts(JsonForm):
    """Trial lessons, leads with a trial lesson, and leads with a lesson after their first trial."""

    json_keys = ("lessons", "leads", "booked_again", "came_again", Key("rate", digits=_RATE_DIGITS))

    lessons: int
    leads: int
    booked_again: int
    came_again: int

    @property
    def rate(self) -> float | None:
        return share_of(self.came_again, self.leads)


@dataclass(frozen=True, slots=True)
class DuplicateCounts(JsonForm):
    """The number of ids that several documents share, and of the extra copies.

    ``first`` has some of the ids, with the number of their documents.
    """

    json_keys = ("appointment_ids", "extra_documents")

    appointment_ids: int = 0
    extra_documents: int = 0
    first: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """The counts of the store; except total, deleted and duplicates, of active documents."""

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
    #: Documents that are left out since they have no `companyId`; None where none are left out.
    without_company: int | None = None
    #: Documents that may belong to the period, but whose start is no date. Without a period,
    #: active documents that count on no day.
    unread_starts: int = 0


@dataclass(frozen=True, slots=True)
class StatsReport(CommandReport):
    """Everything that `stats` shows; ``zone_source`` is where the zone of the days comes from."""

    json_keys = (
        *("command", "ok", Key("companies", "company_ids", optional=True)),
        *(Key("timezone", "zone"), Key("period", "days_asked")),
        *(Key("total", "counts.total"), Key("active", "counts.active")),
        *(Key("deleted", "counts.deleted"), Key("trial", "counts.trial")),
        *("by_status", "top_teachers", "top_services", "dates", Key("heat_map", "counts.heat_map")),
        *("no_show", Key("trials", "counts.trials"), Key("duplicates", "counts.duplicates")),
        *("last_run", Key("warnings", "warning_lines")),
        Key("without_company", "counts.without_company", optional=True),
    )
    command: ClassVar[str] = "stats"

    made_at: datetime
    today: date
    timezone: str
    zone_source: Message | str
    period: Period | None
    counts: StoredCounts
    last_run: LastRun | None
    warnings: tuple[Attention, ...]
    companies: CompanyScope | None = None

    @property
    def company_ids(self) -> tuple[str, ...] | None:
        return None if self.companies is None else self.companies.ids

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
    def top_teachers(self) -> list[dict[str, Any]]:
        return _named("teacher", self.counts.top_teachers)

    @property
    def top_services(self) -> list[dict[str, Any]]:
        return _named("service", self.counts.top_services)

    @property
    def dates(self) -> dict[str, Any]:
        return {
            "oldest": self.oldest,
            "newest": self.newest,
            "last_30_days": self.counts.last_30_days,
            "upcoming": self.counts.upcoming,
            "by_day": self.counts.by_day,
        }

    @property
    def attendance(self) -> ShowCount:
        """The lessons of all teachers together."""
        found = {each.status: each.count for each in self.counts.statuses}
        arrived = found.get(AttendanceStatus.ARRIVED.value, 0)
        return ShowCount("", None, arrived, found.get(AttendanceStatus.NO_SHOW.value, 0))

    @property
    def no_show(self) -> dict[str, Any]:
        whole = self.attendance.to_json()
        of_all = {name: whole[name] for name in ("arrived", "no_show", "rate")}
        return {**of_all, "by_teacher": self.counts.shows}

    @property
    def zone(self) -> dict[str, Message | str]:
        return {"name": self.timezone, "source": self.zone_source}

    @property
    def days_asked(self) -> dict[str, date | None] | None:
        if self.period is None:
            return None
        first, last = open_ends(self.period)
        return {"from": first, "to": last}

    @property
    def warning_lines(self) -> list[str]:
        return [str(each) for each in self.warnings]


def _named(
    kind: Literal["teacher", "service"], counts: Iterable[NamedCount]
) -> list[dict[str, Any]]:
    return [
        {f"{kind}Id": each.id, f"{kind}Name": each.name, "count": each.count} for each in counts
    ]


def label_of(status: str | None, bson_type: str = "string") -> Message:
    """The meaning of a stored status. The number 1 has none: programs look for the text "1"."""
    if status in KNOWN_STATUSES:
        return AttendanceStatus(status).label
    if bson_type in ("missing", "null", "undefined") or status == "":
        return texts.NO_STATUS()
    return texts.UNKNOWN_STATUS() if status is not None else texts.STATUS_NOT_TEXT(kind=bson_type)


def in_fixed_order(found: Iterable[StatusCount]) -> tuple[StatusCount, ...]:
    """The known statuses, also with count 0, then the unknown statuses, most frequent first.

    A missing, an empty and a null status are one count.
    """
    found = tuple(found)
    by_status = {each.status: each for each in found if each.status in KNOWN_STATUSES}
    known = [by_status.get(each, StatusCount(each, label_of(each), 0)) for each in KNOWN_STATUSES]
    others = [each for each in found if each.status not in KNOWN_STATUSES]
    unknown = [each for each in others if each.label != texts.NO_STATUS()]
    if missing := sum(each.count for each in others if each.label == texts.NO_STATUS()):
        unknown.append(StatusCount(None, texts.NO_STATUS(), missing))
    unknown.sort(key=lambda each: (-each.count, each.status or "", str(each.label)))
    return (*known, *unknown)
