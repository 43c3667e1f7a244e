"""What happens to stored appointments that Altegio no longer lists on their days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.cli.render_sync import render_sync
from altegio_sync.domain.ledger import Grade
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioUnavailableError,
    AuthenticationError,
    RateLimitedError,
    UnexpectedAnswerError,
)
from altegio_sync.log import message
from altegio_sync.ports import StoredScope
from altegio_sync.usecases.company_run import CompanyRun
from altegio_sync.usecases.reading.window import Window
from altegio_sync.usecases.sync import SyncRequest, sync_appointments
from altegio_sync.usecases.vanished import VanishedSearch
from altegio_sync.usecases.window_outcome import AwaitsMarking, Entered
from tests.fakes import (
    NOW,
    START,
    ListSource,
    MemoryLedger,
    MemoryStore,
    NotedProgress,
    booking,
    run_context,
)

if TYPE_CHECKING:
    from altegio_sync.domain.appointment import Booking, Location
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.ports import PageQuery

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


async def update(
    source: ListSource,
    store: MemoryStore,
    ledger: MemoryLedger | None = None,
    progress: NotedProgress | None = None,
    **request: Any,
) -> SyncReport:
    source.answered_at = NOW
    defaults: dict[str, Any] = {
        "companies": ("77",),
        "mode": SyncMode.UPDATE,
        "timezone": "Europe/Kyiv",
        "page_size": 10,
    }
    return await sync_appointments(
        source,
        store,
        SyncRequest(period=MARCH, **(defaults | request)),
        ledger=ledger,
        progress=progress,
        clock=lambda: NOW,
    )


def all_days(report: SyncReport) -> tuple[int, int]:
    """All that were read, and those of them that are not known to be complete."""
    days = report.days
    return days.checked + days.proved + days.unsettled + days.resumed, days.unsettled


def many(count: int, first: int = 0) -> list[Booking]:
    """On days of March in turn."""
    return [
        booking(str(n), starts_at=START + timedelta(days=n % 28))
        for n in range(first, first + count)
    ]


async def test_one_that_was_moved_out_of_the_period_is_brought_up_to_date() -> None:
    moved = booking("5", starts_at=START + timedelta(days=60))
    store = MemoryStore(*many(30))

    report = await update(ListSource([*many(5), moved, *many(24, 6)]), store)

    assert store.stored["5"] == moved
    assert store.marked == []
    assert report.to_json()["vanished"] == {"asked": 1, "gone": 0, "left": 0}
    assert report.records.updated == 1
    assert report.records.fetched == 30


async def test_one_that_was_deleted_and_is_not_listed_is_marked() -> None:
    deleted = replace(booking("5", starts_at=START + timedelta(days=60)), is_deleted=True)
    store = MemoryStore(*many(30))

    await update(ListSource([*many(5), deleted, *many(24, 6)]), store)

    assert store.stored["5"].is_deleted
    assert store.marked == []


async def test_one_that_altegio_does_not_know_is_marked_deleted_and_told() -> None:
    store, ledger, progress = MemoryStore(*many(30)), MemoryLedger(), NotedProgress()

    report = await update(ListSource([*many(5), *many(24, 6)]), store, ledger, progress)

    assert store.marked == ["5"]
    assert store.stored["5"].is_deleted
    assert progress.warnings == [("vanished", {"appointment_id": "5", "dry_run": False})]
    assert report.to_json()["vanished"] == {"asked": 1, "gone": 1, "left": 0}
    assert sorted(ledger.records["77"]) == list(MARCH.each_day())
    assert report.exit_code == 0


async def test_one_that_another_program_changed_is_asked_for_again_before_it_is_marked() -> None:
    store, ledger = MemoryStore(*many(30)), MemoryLedger()
    store.overtaken = {"5", "6"}
    source = ListSource([*many(5), *many(23, 7)])
    back = booking("6", starts_at=START + timedelta(days=6))
    fetch = source.fetch_booking

    async def fetch_again(company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        if appointment_id in source.asked_ids:
            source.list.append(back)
        return await fetch(company_id, appointment_id, zone)

    source.fetch_booking = fetch_again  # type: ignore[method-assign]
    report = await update(source, store, ledger)

    assert sorted(source.asked_ids) == ["5", "5", "6", "6"]
    assert store.marked == ["5"]
    assert report.to_json()["vanished"]["gone"] == 1
    assert all_days(report)[1] == 0
    assert report.exit_code == 0


async def test_days_are_entered_after_what_is_gone_of_them_is_marked() -> None:
    log: list[str] = []
    store, ledger = MemoryStore(*many(30), log=log), MemoryLedger(log)

    await update(ListSource([*many(5), *many(24, 6)]), store, ledger)

    assert log[-2:] == ["marked", "entered"]
    assert log.count("entered") == 1


async def test_a_dry_run_marks_nothing() -> None:
    store = MemoryStore(*many(30))

    progress = NotedProgress()

    report = await update(ListSource(many(29)), store, dry_run=True, progress=progress)

    [(event, fields)] = progress.warnings
    assert message(event, fields).endswith("(404): would be marked deleted")
    assert "1 gone (404), would be marked deleted" in render_sync(report)
    assert store.marked == []
    assert store.stored["29"].is_deleted is False
    assert report.vanished.gone == 1


async def test_what_is_listed_is_deleted_or_stands_elsewhere_is_not_asked_for() -> None:
    elsewhere = booking("88", starts_at=START + timedelta(days=60))
    deleted = replace(booking("89"), is_deleted=True)
    others = booking("90", company_id="78")
    source = ListSource(many(30))

    await update(source, MemoryStore(*many(30), elsewhere, deleted, others))

    assert source.asked_ids == []


@pytest.mark.parametrize(
    ("companies", "given", "takes"),
    [(("77",), None, True), (("77", "78"), None, False), (("77",), False, False)],
    ids=["a single company", "several", "one of several that are configured"],
)
async def test_documents_without_a_company_are_looked_at_where_there_is_a_single_one(
    companies: tuple[str, ...], given: bool | None, takes: bool
) -> None:
    store = MemoryStore()

    await update(
        ListSource(many(3)), store, companies=companies, includes_documents_without_company=given
    )

    assert [
        (each.company_id, each.includes_documents_without_company) for each in store.scopes
    ] == [(company, takes) for company in companies]


async def test_a_run_for_new_ones_alone_asks_for_nothing_by_id() -> None:
    source, store = ListSource(many(29)), MemoryStore(*many(30))

    await update(source, store, mode=SyncMode.NEW_ONLY)

    assert source.asked_ids == []
    assert store.marked == []


def insert_always(rows: list[Booking], _asked: PageQuery) -> None:
    rows.insert(0, booking(str(1000 + len(rows))))


@pytest.mark.parametrize(
    "how", [{"total": lambda _: None}, {"before_page": insert_always}], ids=["no total", "moving"]
)
async def test_a_pass_that_was_neither_checked_nor_proved_takes_nothing_for_gone(
    how: dict[str, Any],
) -> None:
    on_one_day = [booking(str(n)) for n in range(30)]
    source, store = ListSource(on_one_day[:29], **how), MemoryStore(*on_one_day)

    await update(source, store)

    assert source.asked_ids == []
    assert store.marked == []


@pytest.mark.parametrize(
    ("stored", "gone", "are_marked"),
    [(400, 20, True), (420, 21, True), (419, 21, False), (30, 20, True), (30, 30, False)],
    ids=["twenty", "5 %", "over 5 %", "few, though most", "all"],
)
async def test_over_20_that_are_over_5_percent_of_the_period_are_not_marked_unasked(
    stored: int, gone: int, are_marked: bool
) -> None:
    store, ledger = MemoryStore(*many(stored)), MemoryLedger()
    days_concerned = {START.date() + timedelta(days=n % 28) for n in range(gone)}

    report = await update(
        ListSource(many(stored - gone, gone)), store, ledger, page_size=1000, rules_fingerprint="s"
    )

    assert len(store.marked) == (gone if are_marked else 0)
    assert report.exit_code == (0 if are_marked else 1)
    assert [each.code for each in report.errors] == ([] if are_marked else ["mass_delete"])
    assert days_concerned.isdisjoint(ledger.records.get("77", {})) is not are_marked
    assert report.vanished.asked <= gone
    assert all_days(report) == (31, 0 if are_marked else 31)


async def test_with_leave_however_many_are_marked() -> None:
    store = MemoryStore(*many(30))

    report = await update(ListSource([]), store, allows_mass_delete=True)

    assert len(store.marked) == 30
    assert report.exit_code == 0


async def test_a_fault_that_hides_everything_is_noticed_after_few_requests() -> None:
    source, store = ListSource([]), MemoryStore(*many(3000))

    await update(source, store)

    assert len(source.asked_ids) < 200
    assert store.marked == []


async def test_days_whose_moved_appointment_could_not_be_stored_are_not_entered() -> None:
    moved = booking("5", starts_at=START + timedelta(days=60))
    store, ledger = MemoryStore(*many(30)), MemoryLedger()
    store.refused = {"5"}

    report = await update(ListSource([*many(5), moved, *many(23, 6)]), store, ledger)

    assert ledger.records == {}
    assert store.marked == ["29"]
    assert all_days(report) == (31, 31)
    assert report.exit_code == 1


async def test_days_read_after_too_many_are_gone_are_told_as_not_complete() -> None:
    gone = [booking(f"90{n:03}") for n in range(100)]
    store = MemoryStore(*many(1500), *gone)

    report = await update(ListSource(many(1500)), store)

    assert [each.code for each in report.errors] == ["mass_delete"]
    assert all_days(report)[0] == 31


async def test_days_with_what_is_gone_keep_no_ids_but_those() -> None:
    context = run_context(ListSource(many(29)), MemoryStore(*many(30)), SyncMode.UPDATE)
    scope = StoredScope(
        "77", MARCH, ZoneInfo("Europe/Kyiv"), includes_documents_without_company=True
    )
    search = VanishedSearch(CompanyRun(context, "77"), scope, allows_mass_delete=False)
    ids = frozenset(each.id for each in many(29))

    outcome = await search.check_window(Window(MARCH, Grade.CHECKED, ids, 29, 29, NOW))
    assert isinstance(outcome, AwaitsMarking)
    [marked] = await search.mark_gone([outcome])

    assert isinstance(marked, Entered)
    assert marked.window.period == MARCH
    assert marked.window.ids == frozenset()


async def test_one_that_moves_into_a_day_not_yet_read_is_counted_once() -> None:
    """It was asked for by its id, and then a page lists it as well."""
    moved = booking("5", starts_at=START + timedelta(days=27))
    rest = [*many(5), *many(1994, 6)]
    store = MemoryStore(*many(2000))

    def move(rows: list[Booking], asked: PageQuery) -> None:
        if asked.period and asked.period.end == MARCH.end and moved not in rows:
            rows.append(moved)

    source = ListSource(rest, before_page=move)
    report = await update(source, store)

    assert store.stored["5"] == moved
    assert report.records.fetched == 2000


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(("was", "now"), [(0, 27), (27, 0)], ids=["later", "earlier"])
async def test_one_that_was_moved_to_other_days_of_the_period_is_counted_once(
    was: int, now: int, *, dry_run: bool
) -> None:
    stored = booking("9999", starts_at=START + timedelta(days=was))
    moved = booking("9999", starts_at=START + timedelta(days=now))

    report = await update(
        ListSource([*many(1500), moved]), MemoryStore(*many(1500), stored), dry_run=dry_run
    )

    assert report.records.fetched == 1501
    assert report.records.updated == 1


async def test_one_that_leaves_its_day_between_two_passes_is_counted_once() -> None:
    gone_on = booking("5", starts_at=START + timedelta(days=60))

    def move(rows: list[Booking], asked: PageQuery) -> None:
        if asked.page == 3 and rows[5].starts_at != gone_on.starts_at:
            rows[5] = gone_on

    store = MemoryStore(*many(30))
    report = await update(ListSource(many(30), before_page=move), store)

    assert store.stored["5"] == gone_on
    assert report.vanished.asked == 1
    assert report.records.fetched == 30


@pytest.mark.parametrize(
    "refusal",
    [AltegioRejectedError("422"), AuthenticationError("403"), UnexpectedAnswerError("another")],
    ids=["422", "403", "another record"],
)
async def test_one_that_altegio_refuses_is_left_and_told_and_the_others_go_on(
    refusal: AltegioError,
) -> None:
    moved = booking("5", starts_at=START + timedelta(days=60))
    source, store = ListSource([*many(4), moved, *many(24, 6)]), MemoryStore(*many(30))
    source.refusals = {"4": refusal}
    ledger = MemoryLedger()

    report = await update(source, store, ledger)

    assert store.stored["5"] == moved
    assert not store.stored["4"].is_deleted
    [error] = report.errors
    assert error.code == "not_answered"
    assert error.company == "77"
    assert "appointment 4 " in str(error.message)
    assert ledger.records == {}
    assert all_days(report) == (31, 31)
    assert report.exit_code == 1


@pytest.mark.parametrize(
    "failure", [AltegioUnavailableError("no answer"), RateLimitedError("Rate limit exceeded")]
)
async def test_an_altegio_out_of_reach_still_breaks_the_run_off(failure: AltegioError) -> None:
    source = ListSource(many(29))
    source.refusals = {"29": failure}

    report = await update(source, MemoryStore(*many(30)))

    assert report.exit_code == 3


async def test_void_tokens_still_break_the_run_off() -> None:
    class VoidTokens(ListSource):
        async def fetch_location(self, company_id: str) -> Location:
            del company_id
            raise AuthenticationError("401")

    source = VoidTokens(many(29))
    source.refusals = {"29": AuthenticationError("401")}

    report = await update(source, MemoryStore(*many(30)))

    assert [each.code for each in report.errors] == ["unauthorized"]
    assert report.exit_code == 3
