"""How far webhooks can be trusted: which changes they announced, how fast, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.attention import Attention
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.messages import webhooks as texts

if TYPE_CHECKING:
    from collections.abc import Iterator

#: More lost changes of a day need attention …
MOST_LOST = 0.05
#: … but fewer than this number may be chance.
_FEWEST_LOST = 3
#: The work on a notice takes seconds; after failed tries it waits for some minutes.
_LONGEST_WAIT = timedelta(minutes=15)
#: A restart takes less time.
_LONGEST_ABSENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ClassCounts(JsonForm):
    """The number of changes in each class; ``unclassified`` are younger than ten minutes."""

    json_keys = (
        *("announced", "late", "lost", "receiver_down", "unclassified"),
        Key("loss", digits=4),
    )

    announced: int = 0
    late: int = 0
    lost: int = 0
    receiver_down: int = 0
    unclassified: int = 0

    @property
    def changes(self) -> int:
        """The changes that a webhook could announce."""
        return self.announced + self.late + self.lost

    @property
    def loss(self) -> float | None:
        """The lost share of the changes; None if there were none."""
        return self.lost / self.changes if self.changes else None

    @property
    def is_lossy(self) -> bool:
        return self.lost >= _FEWEST_LOST and (self.loss or 0) > MOST_LOST


@dataclass(frozen=True, slots=True)
class Delay(JsonForm):
    """The time from a change at Altegio until it was stored, of half and of 95 % of the changes."""

    p50_seconds: float
    p95_seconds: float

    @classmethod
    def of(cls, counts: Mapping[float, int]) -> Delay | None:
        """The delay of changes; ``counts`` has how many of them took so many seconds."""
        if not counts:
            return None
        return cls(_percentile(counts, 50), _percentile(counts, 95))


@dataclass(frozen=True, slots=True)
class NoticeQueue(JsonForm):
    """The notices that wait for their work; ``dead`` were given up within the last 30 days."""

    json_keys = ("open", Key("oldest_age_seconds", "oldest_age_s"), "dead")

    open: int = 0
    oldest_age: timedelta | None = None
    dead: int = 0

    @property
    def oldest_age_s(self) -> int | None:
        return None if self.oldest_age is None else round(self.oldest_age.total_seconds())


@dataclass(frozen=True, slots=True)
class WebhookFigures(JsonForm):
    """The figures about webhooks, counted from the first notice on, for at most 90 days.

    ``since`` is None if no notice has come yet. ``receiver_age`` is how long ago a receiver gave
    its last heartbeat. ``by_company`` is about the last 24 hours too.
    """

    json_keys = (
        *("since", Key("receiver_age_seconds", "receiver_age_s"), "total", "last_day"),
        *("delay", "queue"),
    )

    since: datetime | None
    receiver_age: timedelta
    total: ClassCounts = ClassCounts()
    last_day: ClassCounts = ClassCounts()
    by_company: Mapping[str, ClassCounts] = field(default_factory=dict)
    delay: Delay | None = None
    queue: NoticeQueue = NoticeQueue()

    @property
    def receiver_age_s(self) -> int:
        return round(self.receiver_age.total_seconds())

    @property
    def lossy(self) -> Mapping[str, ClassCounts]:
        """The companies that lost more webhooks of the last 24 hours than is usual."""
        return {name: each for name, each in sorted(self.by_company.items()) if each.is_lossy}


def about_webhooks(figures: WebhookFigures) -> Iterator[Attention]:
    """Report lost webhooks, notices that wait too long, and a receiver that is away."""
    for company, counts in figures.lossy.items():
        text = texts.WEBHOOKS_LOST(
            count=counts.lost, changes=counts.changes, share=counts.loss or 0, company=company
        )
        yield Attention("WARNING", text, "webhooks_lost", company)
    queue = figures.queue
    if queue.oldest_age is not None and queue.oldest_age > _LONGEST_WAIT:
        text = texts.NOTICES_WAIT_LONG(count=queue.open, span=age_text(queue.oldest_age))
        yield Attention("WARNING", text, "webhook_queue")
    if figures.receiver_age > _LONGEST_ABSENCE:
        text = texts.RECEIVER_AWAY(span=age_text(figures.receiver_age))
        yield Attention("WARNING", text, "webhook_receiver")


def _percentile(counts: Mapping[float, int], percent: int) -> float:
    """The smallest value that at least so many percent of the values do not exceed."""
    rank = -(-sum(counts.values()) * percent // 100)
    for value, count in sorted(counts.items()):
        rank -= count
        if rank <= 0:
            return value
    raise ValueError("no values")
