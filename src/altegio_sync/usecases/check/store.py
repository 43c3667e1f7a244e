"""Tests MongoDB, its index and its clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from altegio_sync.usecases.check.checks import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from altegio_sync.ports import StoreState

#: A clock further off than this makes "today" and the age of a run doubtful.
MAX_CLOCK_OFFSET_S = 60
_SAME_CLOCK_S = 0.05


def _offset_text(offset_s: float) -> str:
    if abs(offset_s) < _SAME_CLOCK_S:
        return "the same as"
    return f"{abs(offset_s):.1f} s {'ahead of' if offset_s > 0 else 'behind'}"


def check_store(state: StoreState, lacking: Sequence[str] = ()) -> list[Finding]:
    """What MongoDB says of itself, its index and its clock; ``lacking`` names what it lacks."""
    offset_s = (state.server_time - datetime.now(UTC)).total_seconds()
    clock = f"MongoDB's clock is {_offset_text(offset_s)} this machine's"
    return [
        Finding.good("MongoDB", f"version {state.version}, {state.documents} documents"),
        *_check_server(state, lacking),
        *([_check_index(state)] if state.kind == "collection" else ()),
        Finding.good("clock", clock)
        if abs(offset_s) <= MAX_CLOCK_OFFSET_S
        else Finding.bad("clock", clock, "set the clocks, by NTP"),
    ]


def _check_server(state: StoreState, lacking: Sequence[str]) -> Iterator[Finding]:
    if lacking:
        yield Finding.bad(
            "MongoDB features",
            f"{state.product} (version {state.version}) lacks {', '.join(lacking)}",
            "use MongoDB 5.0 or later, on a server of your own or in Atlas: stats, validate, clean "
            "and the shared budget fail here",
        )
    if state.kind != "collection":
        yield Finding.bad(
            "collection",
            f"ALTEGIO_COLLECTION names a collection of the kind {state.kind}",
            "name an ordinary collection: documents of this one cannot be changed",
        )


def _check_index(state: StoreState) -> Finding:
    name, none = "index", "no unique index on appointmentId"
    if state.has_unique_index:
        return Finding.good(name, "unique")
    if state.in_its_place is not None:
        wrong = state.in_its_place
        text = f"{none}: {wrong.name} is in its place and {wrong.problem}"
        return Finding.bad(name, text, wrong.remedy)
    if state.documents == 0:
        return Finding.good(name, f"{none} yet; the first run makes it")
    hint = "the next sync makes it, or reports what prevents it; duplicates: altegio-sync clean"
    return Finding.bad(name, none, hint)
