"""The measures of charts in plain SVG. Lengths are in per cent, to fit a phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.messages import page as texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from altegio_sync.domain.day_chart import DayChart
    from altegio_sync.messages import Message

#: Possible ends of a scale, times a power of ten. Half of each is a whole number too.
_SMALL_TOPS = (2, 4, 6, 8, 10)
_TOPS = (12, 16, 20, 24, 30, 40, 50, 60, 80, 100)
_LABELS = 5
_SHADES = 5


def percent_of(part: float, whole: float) -> str:
    return f"{100 * part / whole:.3f}%" if whole else "0%"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar; ``kind`` decides the colour, and ``label`` is read aloud."""

    label: Message
    count: int
    kind: str
    x: str
    width: str


def stacked_bar(parts: Sequence[tuple[Message, int, str]]) -> list[Piece]:
    """The pieces of one bar (label, count, kind), each as wide as its share."""
    whole = sum(count for _, count, _ in parts)
    pieces, left = [], 0
    for label, count, kind in parts:
        if count:
            x, width = percent_of(left, whole), percent_of(count, whole)
            pieces.append(Piece(label, count, kind, x, width))
        left += count
    return pieces


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and the whole height of the plot around it."""

    title: Message
    day: date
    count: int
    is_ahead: bool
    left: str
    share: str
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Tick:
    label: Message
    x: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A column for each bar of a chart, with labels, also at both ends; the scale from its top."""

    columns: list[Column]
    ticks: list[Tick]
    scale: tuple[int, int, int]


def plot_of(chart: DayChart) -> Plot:
    top = _top(chart.highest)
    share = 100 / len(chart.bars)
    columns = [
        Column(
            title=chart.title(each),
            day=each.first_day,
            count=each.count,
            is_ahead=each.is_ahead,
            left=f"{number * share:.3f}%",
            share=f"{share:.3f}%",
            x=f"{(number + 0.12) * share:.3f}%",
            width=f"{share * 0.76:.3f}%",
            y=percent_of(top - each.count, top),
            height=percent_of(each.count, top),
        )
        for number, each in enumerate(chart.bars)
    ]
    return Plot(columns, list(_ticks(chart, share)), (top, top // 2, 0))


def label_of(chart: DayChart) -> Message:
    """What a screen reader says of the chart."""
    highest = max(chart.bars, key=lambda each: each.count)
    return texts.CHART(
        heading=chart.heading,
        first=chart.title(chart.bars[0]),
        last=chart.title(chart.bars[-1]),
        number=highest.count,
        highest=chart.title(highest),
    )


def _top(highest: int) -> int:
    """The end of the scale: a round, even number not below the highest column."""
    power = 1
    while highest > _TOPS[-1] * power:
        power *= 10
    tops = (*_SMALL_TOPS, *_TOPS) if power == 1 else _TOPS
    return next(each * power for each in tops if each * power >= highest)


def _ticks(chart: DayChart, share: float) -> Iterator[Tick]:
    bars = chart.bars
    last = len(bars) - 1
    count = min(_LABELS, len(bars))
    for number in sorted({round(each * last / max(count - 1, 1)) for each in range(count)}):
        x, anchor = f"{(number + 0.5) * share:.3f}%", "middle"
        if last and number in (0, last):
            x, anchor = ("0%", "start") if number == 0 else ("100%", "end")
        yield Tick(chart.label(bars[number]), x, anchor)


@dataclass(frozen=True, slots=True)
class HeatRow:
    """An hour of the week: the count of each day, and its shade from 0 to 5."""

    label: str
    cells: list[tuple[int, int]]


def heat_rows(counts: Mapping[tuple[int, int], int]) -> list[HeatRow]:
    """A row for each hour, darker for more; the keys are day and hour."""
    most = max(counts.values(), default=0)
    hours = [hour for _, hour in counts]
    return [
        HeatRow(f"{hour}:00", [_cell(counts.get((day, hour), 0), most) for day in range(1, 8)])
        for hour in range(min(hours, default=0), max(hours, default=-1) + 1)
    ]


def _cell(count: int, most: int) -> tuple[int, int]:
    return count, -(-count * _SHADES // most)
