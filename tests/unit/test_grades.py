"""What each grade can miss, and what not: a model of a list that changes between two answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.counts import ApiUsage
from altegio_sync.domain.ledger import Grade
from altegio_sync.domain.period import Period
from altegio_sync.ports import PageQuery
from altegio_sync.usecases.reading.period_reading import PeriodReading
from altegio_sync.usecases.reading.window import Window
from tests.fakes import START, ListSource, booking

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import Page

ZONE = ZoneInfo("Europe/Kyiv")
#: Cannot be cut in halves; what stands on it does not fit one answer of ten.
DAY = Period.of_days(date(2026, 3, 2), date(2026, 3, 2))
WEEK = Period.of_days(date(2026, 3, 2), date(2026, 3, 8))
PAGE_SIZE = 10

#: Ahead of the request with this number: what happens, and two places for it.
Move = tuple[int, str, int, int]


@dataclass
class MovingList:
    """A list under the moves that a calendar can make, and what became of each booking.

    Used as ``before_page``. Moves are carried out in order; ``is_marked``: a booking that leaves,
    comes back or changes place has another version afterwards, as Altegio's has.
    """

    moves: Sequence[Move]
    is_marked: bool = True
    days: int = 1
    requests: int = 0
    left: set[str] = field(default_factory=set)
    limbo: list[Booking] = field(default_factory=list)
    #: The list as each answer found it, and what entered and left ahead of it.
    answers: list[tuple[PageQuery, list[Booking]]] = field(default_factory=list)
    entered_at: list[int] = field(default_factory=list)
    left_at: list[int] = field(default_factory=list)

    def __call__(self, rows: list[Booking], asked: PageQuery) -> None:
        self.requests += 1
        for at_request, kind, first, second in self.moves:
            if at_request == self.requests:
                getattr(self, f"_{kind}")(rows, first, second)
        self.answers.append((asked, list(rows)))

    def _insert(self, rows: list[Booking], place: int, day: int) -> None:
        number = 10_000 + self.requests * 100 + len(rows)
        starts_at = START + timedelta(days=day % self.days)
        self._put(rows, place, booking(str(number), starts_at=starts_at))

    def _take(self, rows: list[Booking], place: int, _second: int) -> None:
        if rows:
            taken = rows.pop(min(place, len(rows) - 1))
            self.limbo.append(taken)
            self.left.add(taken.id)
            self.left_at.append(self.requests)

    def _bring_back(self, rows: list[Booking], place: int, which: int) -> None:
        if self.limbo:
            self._put(rows, place, self._changed(self.limbo.pop(which % len(self.limbo))))

    def _reorder(self, rows: list[Booking], place: int, to: int) -> None:
        if rows:
            moved = rows.pop(min(place, len(rows) - 1))
            rows.insert(min(to, len(rows)), self._changed(moved))

    def _reschedule(self, rows: list[Booking], place: int, days: int) -> None:
        """To another day, in the same place of the list."""
        place = min(place, len(rows) - 1)
        starts_at = (rows[place].starts_at or START) + timedelta(days=days)
        rows[place] = self._changed(replace(rows[place], starts_at=starts_at))

    def _put(self, rows: list[Booking], place: int, new: Booking) -> None:
        rows.insert(min(place, len(rows)), new)
        self.entered_at.append(self.requests)

    def _changed(self, old: Booking) -> Booking:
        if not self.is_marked:
            return old
        return replace(old, version=str(int(old.version or 0) + 1))

    @property
    def last_pass(self) -> int:
        """The number of the request that began the last pass."""
        first_pages = [n for n, (asked, _) in enumerate(self.answers, 1) if asked.page == 1]
        return first_pages[-1]

    @property
    def both_ways_in_the_last_pass(self) -> bool:
        """Whether something entered and something left after the last pass's first answer."""
        return any(n > self.last_pass for n in self.entered_at) and any(
            n > self.last_pass for n in self.left_at
        )


KINDS = ("insert", "take", "bring_back", "reorder")


def moves(*kinds: str) -> st.SearchStrategy[list[Move]]:
    place = st.integers(0, 40)
    move = st.tuples(st.integers(2, 16), st.sampled_from(kinds), place, place)
    return st.lists(move, max_size=10)


@dataclass
class Outcome:
    windows: list[Window] = field(default_factory=list)
    handed_on: list[str] = field(default_factory=list)


async def read(
    rows: Iterable[Booking], moving: MovingList, *, period: Period = DAY, proves: bool = False
) -> Outcome:
    source = ListSource(list(rows), before_page=moving)
    outcome = Outcome()

    async def handle(_number: int, _page: Page, fresh: list[Booking]) -> None:
        outcome.handed_on.extend(each.id for each in fresh)

    async def on_window(window: Window) -> None:
        outcome.windows.append(window)

    reading = PeriodReading(source, handle, on_window, ApiUsage(), proves=proves)
    await reading.run(PageQuery("77", period, ZONE, 1, PAGE_SIZE))
    return outcome


def ids(rows: Iterable[Booking]) -> set[str]:
    return {each.id for each in rows}


def bookings(count: int) -> list[Booking]:
    return [booking(str(number)) for number in range(count)]


@given(st.integers(0, 35), moves(*KINDS))
async def test_all_that_stays_is_handed_on_or_the_run_says_so_unless_both_ways_cancel_out(
    count: int, moved: list[Move]
) -> None:
    moving = MovingList(moved)

    outcome = await read(bookings(count), moving)

    [window] = outcome.windows
    stayed = ids(bookings(count)) - moving.left
    assert len(outcome.handed_on) == len(set(outcome.handed_on))
    if window.is_believed and not moving.both_ways_in_the_last_pass:
        assert stayed <= set(outcome.handed_on)


@given(moves("insert", "reorder") | moves("take", "reorder"))
async def test_a_check_misses_nothing_while_bookings_come_only_or_go_only(
    moved: list[Move],
) -> None:
    moving = MovingList(moved)

    outcome = await read(bookings(30), moving)

    [window] = outcome.windows
    if window.grade is not None:
        assert ids(moving.answers[moving.last_pass - 1][1]) - moving.left <= window.ids


@given(st.integers(0, 35), moves(*KINDS))
async def test_a_proof_saw_the_very_list_that_stood_when_its_last_pass_began(
    count: int, moved: list[Move]
) -> None:
    """Stronger than that nothing which stayed was missed; with it, nothing is made up either."""
    moving = MovingList(moved)

    outcome = await read(bookings(count), moving, proves=True)

    [window] = outcome.windows
    if window.grade is Grade.PROVED:
        assert window.ids == ids(moving.answers[moving.last_pass - 1][1])
        assert ids(bookings(count)) - moving.left <= set(outcome.handed_on)


@given(st.lists(st.integers(0, 6), max_size=40), moves(*KINDS))
async def test_a_proof_of_a_week_rests_on_a_proof_of_each_window_of_it(
    days: list[int], moved: list[Move]
) -> None:
    rows = [booking(str(n), starts_at=START + timedelta(days=day)) for n, day in enumerate(days)]
    moving = MovingList(moved, days=WEEK.days)

    outcome = await read(rows, moving, period=WEEK, proves=True)

    covered = [day for each in outcome.windows if each.period for day in each.period.each_day()]
    assert sorted(covered) == list(WEEK.each_day())
    if all(each.grade is Grade.PROVED for each in outcome.windows):
        assert ids(rows) - moving.left <= set(outcome.handed_on)


def swap_between_pages(first_request: int) -> list[Move]:
    """After page 1 its first booking goes, and one comes at the list's end: all else slides."""
    return [(first_request + 1, "take", 0, 0), (first_request + 1, "insert", 99, 0)]


async def test_a_removal_and_an_insert_between_the_same_pages_fool_a_check() -> None:
    """The totals agree and so do the distinct ids, but the first of page 2 slid onto page 1."""
    moving = MovingList(swap_between_pages(1))

    outcome = await read(bookings(30), moving)

    [window] = outcome.windows
    assert window.grade is Grade.CHECKED
    assert "10" not in moving.left
    assert "10" not in outcome.handed_on


async def test_the_same_removal_and_insert_do_not_fool_a_proof() -> None:
    outcome = await read(bookings(30), MovingList(swap_between_pages(1)), proves=True)

    [window] = outcome.windows
    assert window.grade is Grade.PROVED
    assert "10" in outcome.handed_on


def same_swap_in_both_passes() -> list[Move]:
    """What left in the first pass is back before the second, and all happens once more."""
    pages = 3
    undone = [
        (pages + 1, "take", 99, 0),  # the one that came last
        (pages + 1, "bring_back", 0, 0),  # the one that stood first
    ]
    return [
        (2, "take", 0, 0),
        (2, "insert", 99, 0),
        *undone,
        (pages + 2, "take", 0, 0),
        (pages + 2, "bring_back", 99, 0),
    ]


async def test_what_leaves_and_comes_back_alike_in_both_passes_is_told_by_its_versions() -> None:
    """By the ids alone the two passes agree, and neither saw the one that slid onto page 1."""
    moving = MovingList(same_swap_in_both_passes())

    outcome = await read(bookings(30), moving, proves=True)

    [window] = outcome.windows
    assert "10" not in moving.left
    assert "10" in outcome.handed_on
    assert window.grade == Grade.PROVED
    assert len(moving.answers) == 12


async def test_a_proof_relies_on_altegio_to_date_a_booking_that_moves() -> None:
    """The limit of what two passes prove: without a new version nothing tells them apart."""
    moving = MovingList(same_swap_in_both_passes(), is_marked=False)

    outcome = await read(bookings(30), moving, proves=True)

    [window] = outcome.windows
    assert window.grade == Grade.PROVED
    assert len(moving.answers) == 6
    assert "10" not in outcome.handed_on


async def test_one_that_moves_to_a_day_read_already_is_not_seen_by_that_run() -> None:
    """No window held it throughout, so each is rightly proved; `changes` brings it."""
    week = [booking(str(n), starts_at=START + timedelta(days=n // 4)) for n in range(28)]
    # The first answer is of the whole week, the four that follow are of its windows in turn.
    moving = MovingList([(5, "reschedule", 27, -6)], days=WEEK.days)

    outcome = await read(week, moving, period=WEEK, proves=True)

    assert {each.grade for each in outcome.windows} == {Grade.PROVED}
    assert ids(week) - set(outcome.handed_on) == {"27"}
