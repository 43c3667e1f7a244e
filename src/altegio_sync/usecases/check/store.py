"""Tests MongoDB, its index and its clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from altegio_sync.messages import as_message
from altegio_sync.messages import check as texts
from altegio_sync.messages import check_names as names
from altegio_sync.usecases.check.checks import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from altegio_sync.ports import StoreState

#: A difference of the clocks beyond this makes "today" and the age of a run uncertain.
MAX_CLOCK_OFFSET_S = 60
_SAME_CLOCK_S = 0.05


def check_store(state: StoreState, lacking: Sequence[str] = ()) -> list[Check]:
    """Test MongoDB, the index and the clock. ``lacking`` names features that the server lacks."""
    version = texts.MONGODB(version=state.version, documents=state.documents)
    return [
        Check.good(names.MONGODB(), version),
        *_check_server(state, lacking),
        *([_check_index(state)] if state.kind == "collection" else ()),
        _check_clock((state.server_time - datetime.now(UTC)).total_seconds()),
    ]


def _check_clock(offset_s: float) -> Check:
    if abs(offset_s) < _SAME_CLOCK_S:
        return Check.good(names.CLOCK(), texts.SAME_CLOCK())
    clock = texts.CLOCK_AHEAD if offset_s > 0 else texts.CLOCK_BEHIND
    text = clock(seconds=abs(offset_s))
    if abs(offset_s) <= MAX_CLOCK_OFFSET_S:
        return Check.good(names.CLOCK(), text)
    return Check.bad(names.CLOCK(), text, texts.SET_CLOCKS())


def _check_server(state: StoreState, lacking: Sequence[str]) -> Iterator[Check]:
    if lacking:
        text = texts.LACKS(product=state.product, version=state.version, features=lacking)
        yield Check.bad(names.MONGODB_FEATURES(), text, texts.NEWER_MONGODB())
    if state.kind != "collection":
        text = texts.OTHER_KIND(kind=state.kind)
        yield Check.bad(names.COLLECTION(), text, texts.ORDINARY_COLLECTION())


def _check_index(state: StoreState) -> Check:
    if state.has_unique_index:
        return Check.good(names.INDEX(), texts.UNIQUE())
    if state.in_its_place is not None:
        wrong = state.in_its_place
        text = texts.IN_ITS_PLACE(index=wrong.name, problem=wrong.problem)
        return Check.bad(names.INDEX(), text, as_message(wrong.remedy))
    if state.documents == 0:
        return Check.good(names.INDEX(), texts.NO_INDEX_YET())
    return Check.bad(names.INDEX(), texts.NO_INDEX(), texts.INDEX_REMEDY())
