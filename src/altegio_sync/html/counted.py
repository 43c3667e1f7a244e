"""Rows of counts with their shares and bars, for the pages that show statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.stats import in_fixed_order, share_of
from altegio_sync.html.charts import percent_of, stacked_bar
from altegio_sync.messages import page as texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.stats import NamedCount, StoredCounts, TrialCounts
    from altegio_sync.messages import Message

#: The class of the colour of each status.
KINDS = {
    AttendanceStatus.ARRIVED.value: "arrived",
    AttendanceStatus.CONFIRMED.value: "confirmed",
    AttendanceStatus.PENDING.value: "pending",
    AttendanceStatus.NO_SHOW.value: "no-show",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row with a count and its share, and the width of its bar or the kind of its colour."""

    name: Message | str
    count: int
    share: float | None
    width: str = "0%"
    kind: str = ""


def status_rows(counts: StoredCounts, *, shows_unknown: bool = True) -> dict[str, Any]:
    """The statuses as one bar and as rows. An unknown status is shown as stored, if wanted."""
    parts, rows = [], []
    for each in in_fixed_order(counts.statuses):
        kind = KINDS.get(each.status or "", "other")
        parts.append((each.label, each.count, kind))
        # For a known status the label is enough.
        is_shown = shows_unknown and kind == "other" and each.status
        label = texts.STATUS_IS(label=each.label, status=each.status) if is_shown else each.label
        rows.append(Row(label, each.count, share_of(each.count, counts.active), kind=kind))
    listed = [texts.STATUS_COUNT(status=status, number=count) for status, count, _ in parts]
    return {
        "pieces": stacked_bar(parts),
        "label": texts.STATUSES_ARE(counts=listed),
        "rows": rows,
    }


def named_rows(found: Sequence[NamedCount], whole: int) -> list[Row]:
    most = max((each.count for each in found), default=0)
    return [
        Row(
            each.shown_name,
            each.count,
            share_of(each.count, whole),
            width=percent_of(each.count, most),
        )
        for each in found
    ]


def trial_rows(trials: TrialCounts) -> list[Row]:
    """The leads with a trial lesson, and how many of them went on."""
    steps = (
        (texts.LEADS_WITH_TRIAL(), trials.leads),
        (texts.BOOKED_AGAIN(), trials.booked_again),
        (texts.CAME_AGAIN(), trials.came_again),
    )
    return [
        Row(step, count, share_of(count, trials.leads), width=percent_of(count, trials.leads))
        for step, count in steps
    ]
