"""Charts in plain SVG. Lengths are in per cent to fit a phone; there are no style attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.cli.html.markup import Markup, element, join
from altegio_sync.messages import page as texts
from altegio_sync.messages import render
from altegio_sync.messages.calendar import WEEKDAYS
from altegio_sync.messages.numbers import format_number, format_percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from altegio_sync.domain.day_chart import DayChart
    from altegio_sync.messages import Message

#: Possible ends of a scale, times a power of ten. Half of each is a whole number too.
_SMALL_TOPS = (2, 4, 6, 8, 10)
_TOPS = (12, 16, 20, 24, 30, 40, 50, 60, 80, 100)
_LABELS = 5
_SHADES = 5


def percent_of(part: float, whole: float) -> str:
    return f"{100 * part / whole:.3f}%" if whole else "0%"


def bar(part: float, whole: float, kind: str = "") -> Markup:
    """A bar beside a number. It is hidden from screen readers, which read the number."""
    drawn = element("rect", width=percent_of(part, whole), height="100%", rx="2")
    return element("svg", drawn, class_=f"bar {kind}".rstrip(), aria_hidden="true")


def stacked_bar(parts: Sequence[tuple[str, int, str]], label: str) -> Markup:
    """One bar of several parts (name, count, kind), each as wide as its share."""
    whole = sum(count for _, count, _ in parts)
    pieces, left = [], 0
    for name, count, kind in parts:
        title = element("title", render(texts.BAR(name=name, number=count)))
        place, width = percent_of(left, whole), percent_of(count, whole)
        piece = element("rect", title, x=place, width=width, height="100%", class_=kind)
        pieces.append(piece if count else None)
        left += count
    return element("svg", *pieces, class_="stacked", role="img", aria_label=label)


def columns(chart: DayChart, label: str) -> Markup:
    """A column for each bar of the chart, with a scale and labels, also at both ends."""
    top = _top(chart.highest)
    share = 100 / len(chart.bars)
    drawn = []
    for number, each in enumerate(chart.bars):
        left = number * share
        title = element("title", render(texts.BAR(name=chart.title(each), number=each.count)))
        area = element("rect", x=f"{left:.3f}%", width=f"{share:.3f}%", height="100%", class_="hit")
        column = element(
            "rect",
            x=f"{left + share * 0.12:.3f}%",
            y=percent_of(top - each.count, top),
            width=f"{share * 0.76:.3f}%",
            height=percent_of(each.count, top),
            class_="ahead" if each.is_ahead else None,
        )
        drawn.append(element("g", title, area, column))
    plot = element(
        "svg", *_grid(), *drawn, *_ticks(chart, share), class_="plot", role="img", aria_label=label
    )
    scale = (element("span", format_number(each, ",")) for each in (top, top // 2, 0))
    return element("div", element("div", *scale, class_="scale", aria_hidden="true"), plot,
                   class_="columns")  # fmt: skip


def _top(highest: int) -> int:
    """The end of the scale: a round, even number not below the highest column."""
    power = 1
    while highest > _TOPS[-1] * power:
        power *= 10
    tops = (*_SMALL_TOPS, *_TOPS) if power == 1 else _TOPS
    return next(each * power for each in tops if each * power >= highest)


def _grid() -> Iterable[Markup]:
    for y in ("0%", "50%", "100%"):
        yield element("line", x1="0%", x2="100%", y1=y, y2=y)


def _ticks(chart: DayChart, share: float) -> Iterable[Markup]:
    bars = chart.bars
    last = len(bars) - 1
    count = min(_LABELS, len(bars))
    for number in sorted({round(each * last / max(count - 1, 1)) for each in range(count)}):
        x, anchor = f"{(number + 0.5) * share:.3f}%", "middle"
        if last and number in (0, last):
            x, anchor = ("0%", "start") if number == 0 else ("100%", "end")
        # The label is below the plot, by the height of the text.
        label = render(chart.label(bars[number]))
        yield element("text", label, x=x, y="100%", dy="1.6em", text_anchor=anchor)


def week(counts: dict[tuple[int, int], int], label_id: str) -> Markup:
    """A table of the week, one row for each hour, darker for more; the keys are day and hour."""
    most = max(counts.values())
    hours = [hour for _, hour in counts]
    head = element(
        "tr", element("td"), *(element("th", render(day()), scope="col") for day in WEEKDAYS)
    )
    rows = []
    for hour in range(min(hours), max(hours) + 1):
        cells = [_cell(counts.get((day, hour), 0), most) for day in range(1, 8)]
        rows.append(element("tr", element("th", f"{hour}:00", scope="row"), *cells))
    return element(
        "table", element("thead", head), element("tbody", *rows), class_="week",
        aria_labelledby=label_id,
    )  # fmt: skip


def _cell(count: int, most: int) -> Markup:
    shade = -(-count * _SHADES // most)
    return element("td", number(count), class_=f"shade-{shade}")


def number(count: int) -> Markup:
    """A count as people write it; `value` has the number for programs."""
    return element("data", format_number(count, ","), value=count)


def percentage(share: float | None) -> Markup:
    if share is None:
        return Markup("–")
    return element("data", format_percent(share, 1), value=round(share, 4))


def name(text: str) -> Markup:
    """A name in its own text direction, so that it does not reorder the text beside it."""
    return element("bdi", text)


def table(
    columns_: Sequence[Message],
    rows: Iterable[Sequence[Markup]],
    *,
    label_id: str,
    class_: str = "",
) -> Markup:
    """A table; the first cell of each row is the row's header."""
    head = element("tr", *(element("th", render(each), scope="col") for each in columns_))
    body = (
        element("tr", element("th", first, scope="row"), *(element("td", each) for each in rest))
        for first, *rest in rows
    )
    return element(
        "table", element("thead", head), element("tbody", join(body)), class_=class_ or None,
        aria_labelledby=label_id,
    )  # fmt: skip
