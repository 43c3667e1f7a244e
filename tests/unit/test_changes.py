"""A run of `changes`: since when it asks, and when the cursor moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.period import Period
from altegio_sync.domain.period_words import parse_period
from altegio_sync.errors import AltegioUnavailableError, ConfigError
from altegio_sync.ports import Page
from altegio_sync.usecases.changes import ChangesRequest, sync_changes
from altegio_sync.usecases.stopping import StopSignal
from tests.fakes import (
    NOW,
    START,
    FakeLeases,
    ListSource,
    MemoryCursors,
    MemoryStore,
    NotedProgress,
    booking,
)

if TYPE_CHECKING:
    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.ports import PageQuery

#: Altegio's clock is minutes off MongoDB's, whose time is NOW.
ANSWERED_AT = NOW - timedelta(minutes=7)
CURSOR = NOW - timedelta(hours=2)
DAY = timedelta(days=1)


def listing(*bookings: Booking, **how: Any) -> ListSource:
    source = ListSource(bookings, **how)
    source.answered_at = ANSWERED_AT
    return source


async def bring(
    source: ListSource,
    cursors: MemoryCursors,
    store: MemoryStore | None = None,
    *,
    companies: tuple[str, ...] = ("77",),
    leases: FakeLeases | None = None,
    progress: NotedProgress | None = None,
    stop: StopSignal | None = None,
    clock_is_off: timedelta = timedelta(),
    **request: Any,
) -> SyncReport:
    return await sync_changes(
        source,
        store or MemoryStore(),
        cursors,
        ChangesRequest(companies, timezone="Europe/Kyiv", **request),
        leases=leases,
        progress=progress,
        stop=stop,
        clock=lambda: NOW + clock_is_off,
    )


async def test_new_ones_are_stored_the_others_updated_and_then_the_cursor_moves() -> None:
    log: list[str] = []
    store = MemoryStore(booking("1"), booking("2"), log=log)
    cursors = MemoryCursors(log, company_77=CURSOR)
    changed = booking("2", status=AttendanceStatus.ARRIVED)

    report = await bring(listing(booking("1"), changed, booking("3")), cursors, store)

    counts = report.records
    assert counts.saved == 1
    assert counts.updated == 1
    assert counts.duplicates == 1
    assert store.stored["2"] == changed
    assert log == ["stored", "moved"]
    assert report.to_json()["mode"] == "update"
    assert report.exit_code == 0


async def test_the_cursor_moves_to_the_time_of_the_first_answer_by_altegios_clock() -> None:
    def tick(_rows: list[Booking], _asked: PageQuery) -> None:
        source.answered_at = ANSWERED_AT + timedelta(seconds=len(source.asked) - 1)

    source = listing(*(booking(str(n)) for n in range(95)), before_page=tick)
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(source, cursors, page_size=10, clock_is_off=timedelta(hours=5))

    assert cursors.at["77"] == ANSWERED_AT
    assert report.to_json()["cursor"] == {
        "since": "2026-04-09T07:00:00.000Z",
        "moved_to": "2026-04-10T08:53:00.000Z",
    }


async def test_without_a_date_header_the_cursor_moves_to_mongodbs_time_before_the_reading() -> None:
    def go_on(_rows: list[Booking], _asked: PageQuery) -> None:
        store.now += timedelta(minutes=1)

    store = MemoryStore()
    source = ListSource([booking("1")], before_page=go_on)
    cursors = MemoryCursors(company_77=CURSOR)

    await bring(source, cursors, store, clock_is_off=timedelta(hours=-5))

    assert cursors.at["77"] == NOW


@pytest.mark.parametrize(
    ("overlap", "since"),
    [(DAY, CURSOR - DAY), (timedelta(hours=2), CURSOR - timedelta(hours=2)), (timedelta(), CURSOR)],
    ids=["a day", "two hours", "none"],
)
async def test_an_overlap_before_the_cursor_is_read_again(
    overlap: timedelta, since: datetime
) -> None:
    source = listing()

    await bring(source, MemoryCursors(company_77=CURSOR), overlap=overlap)

    assert [each.changed_after for each in source.asked] == [since]
    assert source.asked[0].period is None


async def test_a_cursor_ahead_of_the_clock_does_not_hide_what_changes_until_then() -> None:
    source = listing()

    await bring(source, MemoryCursors(company_77=NOW + timedelta(days=30)))

    assert source.asked[0].changed_after == NOW - DAY


KYIV_MIDNIGHT = datetime(2026, 3, 31, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "asked"),
    [
        (timedelta(days=7), NOW - timedelta(days=7)),
        (Period.of_days(date(2026, 4, 1), date(2026, 4, 1)), KYIV_MIDNIGHT),
        (parse_period("this-month"), KYIV_MIDNIGHT),
    ],
    ids=["a span", "a day", "a named period"],
)
async def test_the_first_time_it_begins_where_it_is_told_to(since: Any, asked: datetime) -> None:
    source = listing()
    cursors = MemoryCursors()

    await bring(source, cursors, since=since, clock_is_off=timedelta(days=40))

    assert source.asked[0].changed_after == asked
    assert cursors.at["77"] == ANSWERED_AT


async def test_the_first_time_without_since_it_says_what_to_do_and_asks_nothing() -> None:
    source = listing()
    cursors = MemoryCursors()

    with pytest.raises(ConfigError, match=r"no cursor yet for company 77, 78.*changes --since 7d"):
        await bring(source, cursors, companies=("77", "78"))

    assert source.asked == []
    assert cursors.at == {}


async def test_the_cursors_of_all_companies_are_read_together() -> None:
    cursors = MemoryCursors(company_77=CURSOR, company_78=CURSOR)

    await bring(listing(), cursors, companies=("77", "78"))

    assert cursors.at == {"77": ANSWERED_AT, "78": ANSWERED_AT}
    assert cursors.reads == 1


async def test_a_company_without_a_cursor_keeps_no_other_waiting() -> None:
    source = listing()
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(source, cursors, companies=("78", "77"))

    assert cursors.at == {"77": ANSWERED_AT}
    assert {each.company_id for each in source.asked} == {"77"}
    assert [(each.code, each.company) for each in report.errors] == [("config", "78")]
    assert "altegio-sync changes --company 78 --since 7d" in str(report.errors[0].message)
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("since", "asked"),
    [(timedelta(hours=1), CURSOR - DAY), (timedelta(days=9), NOW - timedelta(days=9))],
    ids=["no less than the overlap", "more"],
)
async def test_with_a_cursor_since_can_only_make_it_read_more(
    since: timedelta, asked: datetime
) -> None:
    source = listing()

    await bring(source, MemoryCursors(company_77=CURSOR), since=since)

    assert source.asked[0].changed_after == asked


class FailingSource(ListSource):
    """Answers its first page alone."""

    async def fetch_page(self, query: PageQuery) -> Any:
        if query.page > 1:
            raise AltegioUnavailableError("Altegio answered 502")
        return await super().fetch_page(query)


async def test_the_cursor_stays_when_altegio_fails_in_mid_run_and_what_was_read_is_stored() -> None:
    source = FailingSource([booking(str(n)) for n in range(30)])
    source.answered_at = ANSWERED_AT
    cursors, store = MemoryCursors(company_77=CURSOR), MemoryStore()

    report = await bring(source, cursors, store, page_size=10)

    assert cursors.at == {"77": CURSOR}
    assert len(store.stored) == 10
    assert report.to_json()["cursor"] == {"since": "2026-04-09T07:00:00.000Z", "moved_to": None}
    assert report.exit_code == 3


async def test_the_cursor_stays_when_a_document_cannot_be_stored() -> None:
    store = MemoryStore()
    store.refused = {"2"}
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(listing(booking("1"), booking("2")), cursors, store)

    assert cursors.at == {"77": CURSOR}
    assert report.exit_code == 1


async def test_a_dry_run_moves_no_cursor_writes_nothing_and_takes_no_lease() -> None:
    store, leases = MemoryStore(), FakeLeases()
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(listing(booking("1")), cursors, store, leases=leases, dry_run=True)

    assert cursors.at == {"77": CURSOR}
    assert store.stored == {}
    assert leases.taken == []
    assert report.records.saved == 1
    assert report.exit_code == 0


@pytest.mark.parametrize("place", [0, 15, 10_000], ids=["first", "amid", "last"])
async def test_what_comes_while_the_list_is_read_is_left_to_the_next_run(place: int) -> None:
    def insert_one(rows: list[Booking], _asked: PageQuery) -> None:
        rows.insert(place, booking(str(1000 + len(rows))))
        source.answered_at = NOW + timedelta(minutes=len(source.asked))

    old = [booking(str(n)) for n in range(30)]
    source = listing(*old, before_page=insert_one)
    cursors, store, progress = MemoryCursors(company_77=CURSOR), MemoryStore(), NotedProgress()

    report = await bring(source, cursors, store, page_size=10, progress=progress)

    assert {each.id for each in old} <= store.stored.keys()
    assert cursors.at == {"77": NOW + timedelta(minutes=1)}  # of the first answer
    assert progress.warnings == [("changes_grew", {})]
    assert report.errors == []
    assert report.exit_code == 0


def remove_one(rows: list[Booking], _asked: PageQuery) -> None:
    del rows[0]


async def test_the_cursor_does_not_go_to_a_date_header_of_another_day_to_come() -> None:
    """It would pass for one that another program wrote, and nothing would say where to go on."""
    source, cursors = listing(booking("1")), MemoryCursors(company_77=CURSOR)
    source.answered_at = NOW + timedelta(days=2)

    await bring(source, cursors)

    assert cursors.at == {"77": NOW}


async def test_the_cursor_stays_when_the_list_would_not_settle() -> None:
    source = listing(*(booking(str(n)) for n in range(300)), before_page=remove_one)
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(source, cursors, page_size=10)

    assert cursors.at == {"77": CURSOR}
    assert [each.code for each in report.errors] == ["incomplete"]
    assert report.exit_code == 1


LONG_AGO = NOW - timedelta(days=3)


def old(count: int) -> list[Booking]:
    return [booking(str(n), changed_at=LONG_AGO, version="1") for n in range(count)]


class OwnPages(ListSource):
    """Answers pages as ``serve`` makes them of the list, with what ``announce`` says of it."""

    def __init__(self, bookings: list[Booking], serve: Any, announce: Any) -> None:
        super().__init__(bookings)
        self.answered_at = ANSWERED_AT
        self._serve, self._announce = serve, announce

    async def fetch_page(self, query: PageQuery) -> Page:
        self.asked.append(query)
        rows = self._serve(self.list, query.page, len(self.asked))
        total = self._announce(self.list, query.page, len(rows), len(self.asked))
        return Page(rows, len(rows), total, answered_at=self.answered_at, query=query)


def _page(rows: list[Booking], page: int, _n: int) -> list[Booking]:
    return rows[(page - 1) * 10 : page * 10]


def _turned(rows: list[Booking], page: int, n: int) -> list[Booking]:
    """Another order for every answer: pages of it fit together only by chance."""
    by = n * 7 % len(rows)
    return _page(rows[by:] + rows[:by], page, n) if page <= 4 else []


@pytest.mark.parametrize(
    ("serve", "announce"),
    [
        (lambda rows, _page_number, n: _page(rows, 1, n), lambda *_: 10),
        (_page, lambda _rows, page, count, _n: (page - 1) * 10 + count if page < 3 else 20),
        (_turned, lambda *_: None),
        (_page, lambda rows, *_: len(rows) - 1),
    ],
    ids=[
        "one page again and again, its own count",
        "as many as were sent so far",
        "no total and another order each time",
        "one less than there are",
    ],
)
async def test_the_cursor_stays_when_something_may_have_been_hidden(
    serve: Any, announce: Any
) -> None:
    source = OwnPages(old(40), serve, announce)
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(source, cursors, page_size=10)

    assert cursors.at == {"77": CURSOR}
    assert [each.code for each in report.errors] == ["incomplete"]
    assert report.exit_code == 1


async def test_without_totals_a_second_pass_that_repeats_the_first_is_believed() -> None:
    source = OwnPages(old(40), _page, lambda *_: None)
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(source, cursors, page_size=10)

    assert cursors.at == {"77": ANSWERED_AT}
    assert report.exit_code == 0
    assert len(source.asked) == 10


async def test_a_short_page_without_a_total_is_read_once() -> None:
    source = OwnPages(old(4), _page, lambda *_: None)

    await bring(source, MemoryCursors(company_77=CURSOR), page_size=10)

    assert [each.page for each in source.asked] == [1, 2]


def _now(moved: Booking, n: int) -> Booking:
    return replace(moved, changed_at=NOW, version=f"2 {n}")


async def test_the_cursor_stays_while_moves_may_hide_one_behind_those_that_enter() -> None:
    def hide_the_tenth(rows: list[Booking], asked: PageQuery) -> None:
        n = len(source.asked)
        if asked.page == 1 and n > 1:
            rows.insert(0, _now(rows.pop(39), n))
        if asked.page == 2:
            rows.insert(39, _now(rows.pop(0), n))
            rows.append(booking(f"entered {n}", changed_at=NOW, version="2"))

    source = listing(*old(40), before_page=hide_the_tenth)
    cursors, store = MemoryCursors(company_77=CURSOR), MemoryStore()

    report = await bring(source, cursors, store, page_size=10)

    assert "10" not in store.stored
    assert cursors.at == {"77": CURSOR}
    assert report.exit_code == 1


async def test_a_busy_list_is_enough_once_all_that_was_counted_was_seen() -> None:
    def remove_and_insert(rows: list[Booking], asked: PageQuery) -> None:
        n = len(source.asked)
        if asked.page == 2 and n < 6:
            rows.insert(39, _now(rows.pop(0), n))  # hides the tenth, as a removal does
        if asked.page == 4:
            rows.append(booking(f"entered {n}", changed_at=NOW, version="2"))

    source = listing(*old(40), before_page=remove_and_insert)
    cursors, store = MemoryCursors(company_77=CURSOR), MemoryStore()
    progress = NotedProgress()

    report = await bring(source, cursors, store, page_size=10, progress=progress)

    assert {str(n) for n in range(40)} <= store.stored.keys()
    assert cursors.at == {"77": ANSWERED_AT}
    assert progress.warnings == [("changes_grew", {})]
    assert report.errors == []
    assert report.exit_code == 0
    assert len(source.asked) == 9  # two passes


async def test_the_cursor_stays_when_it_is_interrupted() -> None:
    stop = StopSignal()

    def interrupt(_rows: list[Booking], asked: PageQuery) -> None:
        if asked.page == 2:
            stop.set()

    source = listing(*(booking(str(n)) for n in range(30)), before_page=interrupt)
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(source, cursors, page_size=10, stop=stop)

    assert cursors.at == {"77": CURSOR}
    assert report.exit_code == 130


async def test_it_gives_way_to_a_run_at_work_on_the_company_and_tells_of_it() -> None:
    source, progress = listing(booking("1")), NotedProgress()
    cursors = MemoryCursors(company_77=CURSOR, company_78=CURSOR)
    leases = FakeLeases(company_77="sync 1")

    report = await bring(source, cursors, companies=("77", "78"), leases=leases, progress=progress)

    [(event, fields)] = progress.warnings
    assert event == "gave_way"
    assert str(fields["reason"]) == "Another run is at work: sync 1"
    assert [each.company_id for each in source.asked] == ["78"]
    assert cursors.at == {"77": CURSOR, "78": ANSWERED_AT}
    assert report.errors == []
    assert report.exit_code == 0


async def test_more_changes_than_a_pass_shall_hold_are_read_by_days_of_their_visits() -> None:
    changed = [booking(str(n), starts_at=START + timedelta(days=n % 400)) for n in range(10_400)]
    source = listing(*changed)
    cursors, store = MemoryCursors(company_77=CURSOR), MemoryStore()

    report = await bring(source, cursors, store, page_size=1000)

    assert len(store.stored) == report.records.fetched == len(changed)
    assert {each.changed_after for each in source.asked} == {CURSOR - DAY}
    assert len(source.asked) < 30
    assert cursors.at["77"] == ANSWERED_AT


async def test_the_cursor_stays_when_reading_by_days_found_less_than_was_announced() -> None:
    undated = [booking(str(n), starts_at=START.replace(year=1970)) for n in range(3)]
    changed = [booking(str(n)) for n in range(10, 10_100)]
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(listing(*undated, *changed), cursors, page_size=1000)

    assert cursors.at == {"77": CURSOR}
    assert report.exit_code == 1


async def test_a_booking_that_is_skipped_now_is_counted_and_moves_the_cursor() -> None:
    cursors = MemoryCursors(company_77=CURSOR)

    report = await bring(listing(replace(booking("1"), lead=None)), cursors)

    assert sum(report.records.skipped.values()) == 1
    assert cursors.at["77"] == ANSWERED_AT
