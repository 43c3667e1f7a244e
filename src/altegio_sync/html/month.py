"""The section *The month*: load, statuses, no-shows, trial lessons; beside the last month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.day_chart import draw_days
from altegio_sync.domain.day_words import day_range, month_heading
from altegio_sync.domain.stats import share_of
from altegio_sync.html.charts import heat_rows, label_of, plot_of
from altegio_sync.html.counted import status_rows, trial_rows
from altegio_sync.messages import live as texts
from altegio_sync.messages.calendar import WEEKDAYS
from altegio_sync.messages.figures import UNREAD_STARTS

if TYPE_CHECKING:
    from altegio_sync.domain.live import LivePage, Month
    from altegio_sync.domain.stats import StoredCounts
    from altegio_sync.messages import Message

_DAYS_OF_MONTH = 31


@dataclass(frozen=True, slots=True)
class _Compared:
    """A count of this month beside that of the last month, and the change as a share."""

    name: Message
    now: int
    before: int

    @property
    def change(self) -> Message:
        if not self.before:
            return texts.NO_CHANGE()
        if self.now == self.before:
            return texts.SAME()
        change = texts.MORE if self.now > self.before else texts.LESS
        return change(share=abs(self.now - self.before) / self.before)


def show_month(page: LivePage, month: Month) -> dict[str, Any]:
    counts = month.counts
    chart = draw_days(counts.by_day, month.days, page.today, most_bars=_DAYS_OF_MONTH)
    return {
        "title": month_heading(month.days.start),
        "chart": chart,
        "plot": plot_of(chart) if chart.bars else None,
        "label": label_of(chart) if chart.bars else None,
        "periods": [day_range(each, page.today.year) for each in (month.so_far, month.before)],
        "compared": _compare(month.counts_so_far, month.counts_before),
        "rates": [_no_show_rate(each) for each in (month.counts_so_far, month.counts_before)],
        "ahead": counts.active - month.counts_so_far.active,
        "unread": UNREAD_STARTS(count=counts.unread_starts) if counts.unread_starts else None,
        "status": status_rows(counts, shows_unknown=False),
        "trials": trial_rows(counts.trials),
        "hours": heat_rows({(each.weekday, each.hour): each.count for each in counts.heat_map}),
        "weekdays": [day() for day in WEEKDAYS],
    }


def _compare(now: StoredCounts, before: StoredCounts) -> list[_Compared]:
    return [
        _Compared(texts.ALL_LESSONS(), now.active, before.active),
        _Compared(texts.ARRIVED(), _with_status(now, "1"), _with_status(before, "1")),
        _Compared(texts.NO_SHOWS(), _with_status(now, "-1"), _with_status(before, "-1")),
        _Compared(texts.ALL_CANCELLED(), now.deleted, before.deleted),
        _Compared(texts.TRIALS(), now.trial, before.trial),
        _Compared(texts.CAME_AGAIN(), now.trials.came_again, before.trials.came_again),
    ]


def _with_status(counts: StoredCounts, status: str) -> int:
    return sum(each.count for each in counts.statuses if each.status == status)


def _no_show_rate(counts: StoredCounts) -> float | None:
    arrived, no_show = _with_status(counts, "1"), _with_status(counts, "-1")
    return share_of(no_show, arrived + no_show)
