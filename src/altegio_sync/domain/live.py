"""What the live page shows: values without any name or phone number of a pupil."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from altegio_sync.domain.appointment import AttendanceStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, timedelta

    from altegio_sync.domain.attention import Attention
    from altegio_sync.domain.latest import LatestChange
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.stats import StoredCounts
    from altegio_sync.domain.status import StatusReport
    from altegio_sync.domain.webhooks import WebhookFigures
    from altegio_sync.messages import Message
    from altegio_sync.messages.language import Language


class Section(StrEnum):
    """The parts of the page, in the order of the page. The value is the `id` of the element."""

    NOW = "now"
    TODAY = "today"
    CHANGES = "changes"
    TODO = "todo"
    MONTH = "month"
    COMPLETE = "complete"
    WEBHOOKS = "webhooks"


@dataclass(frozen=True, slots=True)
class Place:
    """A location that may be chosen; ``title`` is empty where Altegio has not named it yet."""

    company: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What somebody looks at: a location, None where there is only one; a day, None is today.

    ``language`` is the language that the reader chose; None if the reader chose none.
    """

    company: str | None = None
    day: date | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The status of the chosen location, and which ``others`` need attention too.

    What `validate` finds in the documents of the others is not known. ``about_lost`` is about
    locations that cannot be chosen: nobody may read them any more, or the settings name them no
    more.
    """

    status: StatusReport
    others: Sequence[str] = ()
    about_lost: Sequence[Attention] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson of the timetable. Its moments are local; ``status`` is None if it is unknown."""

    starts_at: datetime
    ends_at: datetime | None
    teacher: str
    service: str
    status: AttendanceStatus | None
    lead_id: str | None
    is_trial: bool = False


@dataclass(frozen=True, slots=True)
class Timetable:
    """The lessons of a day by start; ``left_out`` are more lessons than the page can show."""

    day: date
    lessons: Sequence[Lesson]
    cancelled: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change, with the appointment as it is stored now. ``teachers`` has names by id."""

    change: LatestChange
    teacher: str = ""
    service: str = ""
    starts_at: datetime | None = None
    teachers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Month:
    """The counts of this month, of its days until today, and of as many days of the last month."""

    days: Period
    so_far: Period
    before: Period
    counts: StoredCounts
    counts_so_far: StoredCounts
    counts_before: StoredCounts


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The figures about webhooks at the moment ``now``; None if the school does not use them.

    ``poll_interval`` is the time between the last two polls of this process.
    """

    now: datetime
    figures: WebhookFigures | None
    poll_interval: timedelta | None = None


@dataclass(frozen=True, slots=True)
class LivePage:
    """The page at a moment. ``contents`` has the sections that were read.

    ``today`` and ``now`` are local. ``problem`` says why the contents are those of an earlier
    moment, or are missing; ``read_at`` is that moment.
    """

    view: View
    now: datetime
    places: Sequence[Place] = ()
    contents: Mapping[Section, object] = field(default_factory=dict)
    problem: Message | None = None
    read_at: datetime | None = None

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def day(self) -> date:
        """The day of the timetable."""
        return self.view.day or self.today
