"""Several companies in one run: side by side, and none of them in the way of another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from altegio_sync.domain.appointment import Location
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.locations import StoredLocation
from altegio_sync.domain.period import Period
from altegio_sync.errors import (
    AltegioRejectedError,
    AltegioUnavailableError,
    BudgetUnavailableError,
    StoreUnavailableError,
)
from altegio_sync.usecases.company_run import _AT_ONCE
from altegio_sync.usecases.stopping import UNANSWERED_IN_A_ROW, StopSignal
from altegio_sync.usecases.sync import SyncRequest, sync_appointments
from tests.fakes import (
    NOW,
    START,
    ListSource,
    MemoryLedger,
    MemoryLocations,
    MemoryRuns,
    MemoryStore,
    NotedProgress,
    booking,
)

if TYPE_CHECKING:
    from altegio_sync.domain.report import CompanyReport, SyncReport
    from altegio_sync.ports import Page, PageQuery

DAY = Period.of_days(START.date(), START.date())
COMPANIES = tuple(str(number) for number in range(100, 140))


class Chain(ListSource):
    """One booking in each company; ``most`` is how many were asked about at the same time."""

    def __init__(self) -> None:
        super().__init__([])
        self.most = self._now = 0
        self.answered: list[str] = []
        self.locations_asked: list[str] = []
        self.timezone = "Europe/Kyiv"

    async def fetch_location(self, company_id: str) -> Location:
        self.locations_asked.append(company_id)
        return Location(company_id, "Школа", self.timezone)

    async def fetch_page(self, query: PageQuery) -> Page:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._answer(query)
        finally:
            self._now -= 1

    async def _answer(self, query: PageQuery) -> Page:
        company = query.company_id
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        self.list[:] = [booking(f"{company}1", company_id=company)]
        page = await super().fetch_page(query)
        self.answered.append(company)
        return page


async def run(source: Chain, store: MemoryStore | None = None, **how: Any) -> SyncReport:
    wanted = {"companies": COMPANIES, "period": DAY, "rules_fingerprint": "s"}
    request = SyncRequest(**wanted | how.pop("request", {}))
    return await sync_appointments(
        source, store or MemoryStore(), request, run_id="run", clock=lambda: NOW, **how
    )


def part(report: SyncReport, company: str) -> CompanyReport:
    [found] = [each for each in report.companies if each.company == company]
    return found


async def test_the_report_has_the_companies_in_the_order_asked_and_the_requests_of_each() -> None:
    source, store = Chain(), MemoryStore()
    backwards = COMPANIES[::-1]

    report = await run(source, store, request={"companies": backwards})

    assert [each.company for each in report.companies] == list(backwards)
    assert [each["company"] for each in report.to_json()["by_company"]] == list(backwards)
    assert {each.api.requests for each in report.companies} == {2}
    assert report.api.requests == 2 * len(COMPANIES)
    assert sorted(store.stored) == [f"{each}1" for each in COMPANIES]


async def test_companies_are_side_by_side_but_only_so_many() -> None:
    class Crowded(Chain):
        async def _answer(self, query: PageQuery) -> Page:
            with anyio.fail_after(60):
                while self.most < _AT_ONCE:
                    await anyio.lowlevel.checkpoint()
            return await super()._answer(query)

    source = Crowded()

    await run(source)

    assert source.most == _AT_ONCE


async def test_a_company_that_hangs_and_is_refused_keeps_none_of_the_others() -> None:
    class Hanging(Chain):
        async def _answer(self, query: PageQuery) -> Page:
            if query.company_id == COMPANIES[1]:
                with anyio.fail_after(60):
                    while len(self.answered) < len(COMPANIES) - 1:
                        await anyio.lowlevel.checkpoint()
                raise AltegioRejectedError("no right")
            return await super()._answer(query)

    progress, store = NotedProgress(), MemoryStore()

    report = await run(Hanging(), store, progress=progress)

    assert report.exit_code is ExitCode.PARTLY
    assert [each.company for each in report.errors] == [COMPANIES[1]]
    assert sorted(store.stored) == [f"{each}1" for each in COMPANIES if each != COMPANIES[1]]


async def test_altegio_that_answers_for_no_company_ends_the_run_before_all_have_waited() -> None:
    class Away(Chain):
        is_flickering = False

        async def _answer(self, query: PageQuery) -> Page:
            tried.append(query.company_id)
            if self.is_flickering and int(query.company_id) % 40 == 0:
                return await super()._answer(query)
            raise AltegioUnavailableError("away")

    tried: list[str] = []
    many = {"companies": [str(number) for number in range(1000, 1200)]}

    report = await run(Away(), request=many)

    assert report.exit_code is ExitCode.OUT_OF_REACH
    assert UNANSWERED_IN_A_ROW <= len(tried) < UNANSWERED_IN_A_ROW + _AT_ONCE
    assert [each.code for each in report.warnings] == ["not_begun"]

    flickering = Away()
    flickering.is_flickering = True
    report = await run(flickering, request=many)

    assert report.exit_code is ExitCode.PARTLY
    assert len(report.companies) == 200


async def test_a_run_in_which_all_companies_fail_reached_nothing() -> None:
    class Refused(Chain):
        async def _answer(self, query: PageQuery) -> Page:
            raise AltegioRejectedError(f"no right to {query.company_id}")

    report = await run(Refused())

    assert report.exit_code is ExitCode.OUT_OF_REACH
    assert [each.company for each in report.errors] == list(COMPANIES)


async def test_a_stopped_run_is_continued_with_what_is_left() -> None:
    class Stopping(Chain):
        async def _answer(self, query: PageQuery) -> Page:
            if len(self.answered) == 20:
                stop.set()
            return await super()._answer(query)

    stop, ledger, runs, store = StopSignal(), MemoryLedger(), MemoryRuns(), MemoryStore()

    stopped = await run(Stopping(), store, ledger=ledger, runs=runs, stop=stop)

    assert stopped.exit_code is ExitCode.INTERRUPTED
    done = {each.company for each in stopped.companies if not each.was_interrupted}
    assert done == set(ledger.records)
    assert 20 <= len(done) < len(COMPANIES)
    marks = {each.company: each for each in await runs.find_marks("sync")}
    ends = {each: marks[each].last for each in COMPANIES}
    assert {each for each, end in ends.items() if end is not None and end.ok} == done
    assert all(
        end is not None and end.interrupted for each, end in ends.items() if each not in done
    )

    rest = Chain()
    resume = {"max_age": timedelta(days=9999)}
    resumed = await run(rest, store, ledger=ledger, runs=runs, request=resume)

    assert resumed.exit_code is ExitCode.DONE
    assert sorted(rest.answered) == sorted(set(COMPANIES) - done)
    assert sorted(store.stored) == [f"{each}1" for each in COMPANIES]


async def test_mongodb_that_stays_away_is_waited_for_once_and_not_by_each_company() -> None:
    class Away(MemoryStore):
        tries = 0

        async def store_batch(self, batch: Any, **how: Any) -> Any:
            if len(self.stored) < 20:
                return await super().store_batch(batch, **how)
            self.tries += 1
            raise StoreUnavailableError("away")

    class Slow(Chain):
        async def _answer(self, query: PageQuery) -> Page:
            if store.tries:
                await anyio.sleep_forever()
            return await super()._answer(query)

    store, runs = Away(), MemoryRuns()

    with anyio.fail_after(60):
        report = await run(Slow(), store, runs=runs, request={"words": ("today",)})

    assert report.exit_code is ExitCode.OUT_OF_REACH
    assert report.records.saved == len(store.stored) == 20
    failed = [each for each in report.companies if each.has_failed]
    assert len(failed) == len(report.companies) - 20 <= _AT_ONCE
    assert {str(each.message) for each in report.errors} == {"away"}
    assert not any(each.was_interrupted for each in report.companies)
    [warning] = report.warnings
    left = len(COMPANIES) - len(report.companies)
    assert f"work on {left} companies did not begin. To continue: " in str(warning.message)
    assert runs.kept == []


async def test_a_budget_that_stays_away_ends_the_run_and_the_report_is_kept() -> None:
    class Uncounted(Chain):
        async def _answer(self, query: PageQuery) -> Page:
            if len(self.answered) < 20:
                return await super()._answer(query)
            raise BudgetUnavailableError("away")

    source, runs = Uncounted(), MemoryRuns()

    report = await run(source, runs=runs)

    assert report.exit_code is ExitCode.OUT_OF_REACH
    assert len(report.companies) < len(COMPANIES)
    assert [each["ok"] for each in runs.kept] == [False]
    ends = {each.company: each.last for each in await runs.find_marks("sync")}
    assert set(ends) == {*COMPANIES, None}
    assert all(end is not None for end in ends.values())


async def test_an_unexpected_error_is_raised_as_it_is() -> None:
    class Broken(Chain):
        async def _answer(self, query: PageQuery) -> Page:
            raise ZeroDivisionError(query.company_id)

    with pytest.raises(ExceptionGroup) as raised:
        await run(Broken())

    assert raised.group_contains(ZeroDivisionError)


class LargePages(Chain):
    """Three bookings in each company; ``counts_rows``: a total is the number of rows on its page.

    ``serves`` is how many rows a page has at most.
    """

    def __init__(self, *, counts_rows: bool = False, serves: int = 1000) -> None:
        super().__init__()
        self._counts_rows = counts_rows
        self._served_page_size = serves

    async def _answer(self, query: PageQuery) -> Page:
        company = query.company_id
        self.list[:] = [booking(f"{company}{n}", company_id=company) for n in range(3)]
        page = await ListSource.fetch_page(self, query)
        await anyio.lowlevel.checkpoint()
        return replace(page, total=page.rows) if self._counts_rows else page


async def test_large_pages_cost_one_request_for_each_company_and_one_for_all() -> None:
    source, store = LargePages(), MemoryStore()

    report = await run(source, store, request={"page_size": 1000, "timezone": "Europe/Kyiv"})

    assert report.days.proved == len(COMPANIES)
    assert len(store.stored) == 3 * len(COMPANIES)
    assert report.api.requests == len(COMPANIES) + 1
    assert [each.page_size for each in source.asked if each.page_size != 1000] == [1]


@pytest.mark.parametrize("serves", [1000, 2])
async def test_totals_that_count_only_the_rows_of_their_page_are_not_trusted(serves: int) -> None:
    source, store = LargePages(counts_rows=True, serves=serves), MemoryStore()

    report = await run(source, store, request={"page_size": 1000, "timezone": "Europe/Kyiv"})

    assert len(store.stored) == 3 * len(COMPANIES)
    assert report.api.requests >= 2 * len(COMPANIES)
    assert report.days.proved == (len(COMPANIES) if serves == 1000 else 0)


async def test_zones_are_asked_for_once_a_week() -> None:
    locations, first, second, late = MemoryLocations(), Chain(), Chain(), Chain()

    await run(first, locations=locations)
    report = await run(second, locations=locations)
    locations.grow_older(timedelta(days=8))
    await run(late, locations=locations)

    assert sorted(first.locations_asked) == list(COMPANIES)
    assert second.locations_asked == []
    assert {each.api.requests for each in report.companies} == {1}
    assert sorted(late.locations_asked) == list(COMPANIES)


async def test_a_zone_that_changed_is_reported_and_days_in_the_old_zone_are_read_again() -> None:
    locations, ledger, source = MemoryLocations(), MemoryLedger(), Chain()
    locations.stored["100"] = StoredLocation("100", "Школа", "Europe/Kyiv", "", NOW)
    await run(Chain(), ledger=ledger, locations=locations, request={"companies": ["100"]})
    locations.grow_older(timedelta(days=8))
    source.timezone = "Europe/Warsaw"

    report = await run(
        source,
        ledger=ledger,
        locations=locations,
        request={"companies": ["100"], "max_age": timedelta(days=9999)},
    )

    [warning] = [each for each in report.warnings if each.code == "zone_changed"]
    assert "was Europe/Kyiv and is Europe/Warsaw now" in str(warning.message)
    assert source.answered == ["100"]
    assert locations.stored["100"].timezone == "Europe/Warsaw"


async def test_a_dry_run_stores_no_location() -> None:
    locations = MemoryLocations()

    await run(Chain(), locations=locations, request={"dry_run": True})

    assert locations.stored == {}


async def test_a_stored_staff_list_is_used_until_another_teacher_is_named() -> None:
    class Teacherless(Chain):
        staff_asked = 0

        async def fetch_teachers(self, company_id: str) -> Any:
            type(self).staff_asked += 1
            return await super().fetch_teachers(company_id)

        async def _answer(self, query: PageQuery) -> Page:
            self.list[:] = [booking("1", teacher=None), booking("2", teacher=None, teacher_id=who)]
            return await ListSource.fetch_page(self, query)

    locations, who = MemoryLocations(), "9"
    one = {"companies": ["77"]}

    await run(Teacherless(), locations=locations, request=one)
    await run(Teacherless(), locations=locations, request=one)
    assert Teacherless.staff_asked == 1

    who = "10"  # of nobody on the list
    for _ in range(2):
        report = await run(Teacherless(), locations=locations, request=one)
        assert [each.code for each in report.warnings] == ["teacher_not_found"]
    assert Teacherless.staff_asked == 2


async def test_the_index_is_made_sure_of_once_in_a_run() -> None:
    class Counting(MemoryStore):
        prepared = 0

        async def prepare(self, *, dry_run: bool) -> Any:
            self.prepared += 1
            return await super().prepare(dry_run=dry_run)

    store = Counting()

    await run(Chain(), store)

    assert store.prepared == 1
