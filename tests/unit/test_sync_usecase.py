"""A run over a period: the order of its writes, the days in the ledger, and `--resume`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from altegio_sync.domain.appointment import Location
from altegio_sync.domain.ledger import Grade, LedgerEntry
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.errors import StoreError
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.sync import SyncRequest, sync_appointments
from tests.fakes import (
    NOW,
    START,
    FakeLeases,
    ListSource,
    MemoryLedger,
    MemoryStore,
    NotedProgress,
    booking,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.ports import PageQuery

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
ANSWERED_AT = NOW - timedelta(minutes=7)


def on_days(count: int, days: int = 28) -> list[Booking]:
    """Spread evenly over the days from 2 March on, in order."""
    return [
        booking(str(n), starts_at=START + timedelta(days=n * days // count)) for n in range(count)
    ]


def listing(bookings: Sequence[Booking], **how: Any) -> ListSource:
    source = ListSource(bookings, **how)
    source.answered_at = ANSWERED_AT
    return source


async def run(
    source: ListSource,
    store: MemoryStore,
    ledger: MemoryLedger | None = None,
    *,
    companies: tuple[str, ...] = ("77",),
    leases: FakeLeases | None = None,
    progress: NotedProgress | None = None,
    stop: StopSignal | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    **request: Any,
) -> SyncReport:
    whole: dict[str, Any] = {
        "period": MARCH,
        "timezone": "Europe/Kyiv",
        "rules_fingerprint": "s",
    } | request
    return await sync_appointments(
        source,
        store,
        SyncRequest(companies, **whole),
        ledger=ledger,
        leases=leases,
        progress=progress,
        stop=stop,
        run_id="run",
        clock=clock,
    )


def entries(ledger: MemoryLedger, company: str = "77") -> dict[date, LedgerEntry]:
    return {day: each.latest for day, each in ledger.records.get(company, {}).items()}


def asked_days(source: ListSource) -> set[date]:
    return {day for each in source.asked if each.period for day in each.period.each_day()}


async def test_days_are_entered_with_all_that_was_earned_after_their_appointments() -> None:
    log: list[str] = []
    store, ledger = MemoryStore(log=log), MemoryLedger(log)

    report = await run(listing(on_days(95)), store, ledger, page_size=10)

    days = entries(ledger)
    assert log == ["stored"] * 10 + ["entered"]
    assert list(days) == list(MARCH.each_day())
    assert days[MARCH.start] == LedgerEntry(
        MARCH.start, Grade.CHECKED, ANSWERED_AT, SyncMode.NEW_ONLY, "s", "Europe/Kyiv", "run"
    )
    assert report.to_json()["days"] == {
        "checked": 31,
        "proved": 0,
        "unsettled": 0,
        "resumed": 0,
    }


class LocationAfterPage(ListSource):
    """Tells its location only when a page was asked for beside it."""

    timezone = "Europe/Kyiv"

    async def fetch_location(self, company_id: str) -> Location:
        with anyio.fail_after(60):
            while not self.asked:
                await anyio.lowlevel.checkpoint()
        return Location(company_id, "Школа", self.timezone)


async def test_the_first_page_is_asked_for_beside_the_location_in_the_zone_of_last_time() -> None:
    store, ledger = MemoryStore(), MemoryLedger()
    await run(listing(on_days(95)), store, ledger, page_size=10)
    source = LocationAfterPage(on_days(95))

    report = await run(source, store, ledger, page_size=10, timezone=None)

    assert report.api.pages == 10
    assert len(source.asked) == 10
    assert report.days.checked == 31


async def test_a_page_read_ahead_in_a_zone_that_was_left_is_asked_for_again() -> None:
    store, ledger = MemoryStore(), MemoryLedger()
    await run(listing(on_days(95)), store, ledger, page_size=10)
    source = LocationAfterPage(on_days(95))
    source.timezone = "Asia/Tokyo"

    report = await run(source, store, ledger, page_size=10, timezone=None)

    assert [each.zone.key for each in source.asked] == ["Europe/Kyiv"] + ["Asia/Tokyo"] * 10
    assert report.api.pages == 10
    assert entries(ledger)[MARCH.start].timezone == "Asia/Tokyo"


async def test_one_answer_that_holds_all_is_a_proof_without_being_asked_for_one() -> None:
    ledger = MemoryLedger()

    await run(listing(on_days(95)), MemoryStore(), ledger, page_size=1000)

    assert {each.grade for each in entries(ledger).values()} == {Grade.PROVED}


async def test_a_long_period_is_entered_window_by_window_and_never_before_its_appointments() -> (
    None
):
    bookings = on_days(2500)
    store = MemoryStore()

    class WatchingLedger(MemoryLedger):
        async def write(self, company_id: str, entries: Sequence[LedgerEntry]) -> None:
            days = {entry.day for entry in entries}
            due = [each for each in bookings if each.starts_at and each.starts_at.date() in days]
            assert all(each.id in store.stored for each in due)
            await super().write(company_id, entries)

    ledger = WatchingLedger()
    await run(listing(bookings), store, ledger, page_size=10)

    assert ledger.log.count("entered") >= 3
    assert sorted(entries(ledger)) == list(MARCH.each_day())


@pytest.mark.parametrize("ahead", [timedelta(minutes=1), timedelta(hours=36), timedelta(days=9999)])
async def test_a_day_is_not_as_new_as_a_date_header_from_the_future(ahead: timedelta) -> None:
    """Else a day that goes on would count as read after its end."""
    ledger = MemoryLedger()
    source = listing(on_days(30))
    source.answered_at = NOW + ahead

    await run(source, MemoryStore(), ledger, page_size=10)

    assert {each.at for each in entries(ledger).values()} == {NOW}


async def test_without_a_date_header_days_are_as_old_as_the_runs_beginning() -> None:
    """A run that goes on over midnight must not vouch for the day that ended meanwhile."""

    def go_on(_rows: list[Booking], _asked: PageQuery) -> None:
        store.now += timedelta(hours=1)

    store, ledger = MemoryStore(), MemoryLedger()
    source = ListSource(on_days(30), before_page=go_on)

    await run(source, store, ledger, page_size=10, clock=lambda: NOW + timedelta(days=9))

    assert {each.at for each in entries(ledger).values()} == {NOW}


async def test_a_day_with_a_document_that_could_not_be_stored_is_not_entered() -> None:
    store, ledger = MemoryStore(), MemoryLedger()
    store.refused = {"0"}
    source = listing(on_days(2500))

    report = await run(source, store, ledger, page_size=10)

    assert date(2026, 3, 2) not in entries(ledger)
    assert date(2026, 3, 31) in entries(ledger)
    assert report.days.unsettled + report.days.checked == 31
    assert report.exit_code == 1


async def test_a_day_that_would_not_settle_is_told_and_not_entered() -> None:
    def insert_one(rows: list[Booking], asked: PageQuery) -> None:
        if asked.period and asked.period.start <= date(2026, 3, 2) < asked.period.end:
            rows.insert(0, booking(str(10_000 + len(rows))))

    ledger = MemoryLedger()
    source = listing([*on_days(60, 1), *on_days(95)[60:]], before_page=insert_one)

    report = await run(source, MemoryStore(), ledger, page_size=10)

    assert set(MARCH.each_day()) - set(entries(ledger)) == {date(2026, 3, 2)}
    assert [each.code for each in report.errors] == ["incomplete"]
    assert "2026-03-02 to 2026-03-02 kept changing" in str(report.errors[0].message)
    assert report.days.unsettled == 1
    assert report.exit_code == 1


async def test_days_that_could_be_checked_but_not_proved_are_entered_as_checked_and_told() -> None:
    def swap(rows: list[Booking], asked: PageQuery) -> None:
        if asked.page == 2:
            rows.append(replace(rows.pop(0), id=f"9{len(source.asked)}"))

    ledger = MemoryLedger()
    source = listing(on_days(30, 1), before_page=swap)

    report = await run(source, MemoryStore(), ledger, page_size=10, proves=True)

    assert entries(ledger)[date(2026, 3, 2)].grade is Grade.CHECKED
    assert "could be checked but not proved" in str(report.errors[0].message)
    assert report.days.checked == 1
    assert report.days.unsettled == 0
    assert report.days.proved == 30
    assert report.exit_code == 1


async def test_without_a_total_nothing_is_entered_and_the_run_says_so() -> None:
    ledger, progress = MemoryLedger(), NotedProgress()
    source = listing(on_days(30), total=lambda _length: None)

    report = await run(source, MemoryStore(), ledger, page_size=10, progress=progress)

    assert entries(ledger) == {}
    assert [event for event, _fields in progress.warnings] == ["no_total"]
    assert [each.code for each in report.warnings] == ["no_total"]
    assert report.days.unsettled == 31
    assert report.exit_code == 0


async def test_a_dry_run_enters_nothing_and_takes_no_lease() -> None:
    ledger, leases, store = MemoryLedger(), FakeLeases(), MemoryStore()

    await run(listing(on_days(30)), store, ledger, leases=leases, dry_run=True)

    assert entries(ledger) == {}
    assert leases.taken == []
    assert store.stored == {}


class BreakingLedger(MemoryLedger):
    """Breaks off as if the run were killed, once ``after`` windows are entered."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left: float = after

    async def write(self, company_id: str, entries: Sequence[LedgerEntry]) -> None:
        if self.left <= 0:
            raise StoreError("killed")
        self.left -= 1
        await super().write(company_id, entries)


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_run_that_broke_off_is_taken_up_and_asks_only_for_what_is_not_done(
    after: int,
) -> None:
    source, store, ledger = listing(on_days(2500)), MemoryStore(), BreakingLedger(after)
    broken = await run(source, store, ledger, page_size=10)
    done = set(entries(ledger))
    ledger.left = 100
    source.asked.clear()

    report = await run(source, store, ledger, page_size=10, max_age=timedelta(hours=24))

    assert broken.exit_code == 3
    assert len(store.stored) == 2500
    assert asked_days(source).isdisjoint(done)
    assert sorted(entries(ledger)) == list(MARCH.each_day())
    assert report.days.resumed == len(done)
    assert report.days.resumed + report.days.checked == 31
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("request_changes", "is_asked"),
    [
        ({"max_age": timedelta(hours=24)}, False),
        ({"max_age": timedelta(minutes=6)}, True),
        ({"max_age": None}, True),
        ({"max_age": timedelta(hours=24), "rules_fingerprint": "others"}, True),
        ({"max_age": timedelta(hours=24), "timezone": "Europe/Warsaw"}, True),
        ({"max_age": timedelta(hours=24), "mode": SyncMode.UPDATE}, True),
        ({"max_age": timedelta(hours=24), "proves": True}, True),
    ],
    ids=["done", "too old", "not resumed", "settings", "zone", "mode", "grade"],
)
async def test_what_is_done_is_not_asked_for_again_unless_more_is_wanted(
    request_changes: dict[str, Any], is_asked: bool
) -> None:
    source, store, ledger = listing(on_days(95)), MemoryStore(), MemoryLedger()
    await run(source, store, ledger, page_size=10)
    source.asked.clear()

    await run(source, store, ledger, page_size=10, **request_changes)

    assert bool(source.asked) is is_asked


async def test_the_age_of_an_entry_is_measured_by_mongodbs_clock() -> None:
    source, store, ledger = listing(on_days(95)), MemoryStore(), MemoryLedger()
    await run(source, store, ledger, page_size=10)
    source.asked.clear()

    await run(
        source,
        store,
        ledger,
        page_size=10,
        max_age=timedelta(hours=1),
        clock=lambda: NOW + timedelta(hours=5),
    )

    assert source.asked == []


async def test_an_interrupted_run_keeps_what_it_entered() -> None:
    stop = StopSignal()

    def interrupt(_rows: list[Booking], _asked: PageQuery) -> None:
        if ledger.log:
            stop.set()

    source, ledger = listing(on_days(2500), before_page=interrupt), MemoryLedger()

    report = await run(source, MemoryStore(), ledger, page_size=10, stop=stop)

    assert 0 < len(entries(ledger)) < 31
    assert report.exit_code == 130


async def test_a_company_that_another_run_holds_is_told_and_the_next_one_is_synced() -> None:
    source, ledger = listing(on_days(5)), MemoryLedger()

    report = await run(
        source, MemoryStore(), ledger, companies=("77", "78"), leases=FakeLeases(company_77="x 1")
    )

    assert [(each.code, each.company) for each in report.errors] == [("lease_held", "77")]
    assert "x 1" in str(report.errors[0].message)
    assert entries(ledger, "77") == {}
    assert len(entries(ledger, "78")) == 31
    assert report.exit_code == 1
