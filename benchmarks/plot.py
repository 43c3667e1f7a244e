"""A line chart on two logarithmic axes, as SVG that reads in light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH, HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 150, 40, 50
_COLOURS = ("#0072b2", "#d55e00", "#009e73")
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #333 }
.grid { stroke: #8886; stroke-width: 1 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A named series of points, all of them above 0."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Whole powers of ten around the values, laid along some length."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def around(cls, values: Iterable[float], start: float, end: float) -> _Axis:
        logs = [log10(each) for each in values]
        low, high = floor(min(logs)), ceil(max(logs))
        return cls(low, max(high, low + 1), start, end)

    def at(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def draw(title: str, x_name: str, lines: Sequence[Line]) -> str:
    across = _Axis.around((x for line in lines for x, _ in line.points), _LEFT, WIDTH - _RIGHT)
    up = _Axis.around((y for line in lines for _, y in line.points), HEIGHT - _BOTTOM, _TOP)
    parts = [_text(_LEFT, 22, title, "start"), *_grid(across, up)]
    parts.append(_text((across.start + across.end) / 2, HEIGHT - 12, x_name, "middle"))
    for line, colour in zip(lines, _COLOURS, strict=False):
        parts += _series(line, colour, across, up)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
    )


def _grid(across: _Axis, up: _Axis) -> Iterable[str]:
    for tick in across.ticks():
        x = across.at(tick)
        yield f'<path class="grid" d="M{x:.1f} {up.start:.1f}V{up.end:.1f}"/>'
        yield _text(x, up.start + 18, f"{tick:,.0f}", "middle")
    for tick in up.ticks():
        y = up.at(tick)
        yield f'<path class="grid" d="M{across.start:.1f} {y:.1f}H{across.end:.1f}"/>'
        yield _text(across.start - 8, y + 4, f"{tick:,g}", "end")


def _series(line: Line, colour: str, across: _Axis, up: _Axis) -> Iterable[str]:
    points = [(across.at(x), up.at(y)) for x, y in line.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
    x, y = points[-1]
    yield _text(x + 10, y + 4, line.name, "start")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
