"""The runs that `serve` makes by itself, on a real school."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import anyio
from pydantic import SecretStr

from altegio_sync.app.polling import Poll
from altegio_sync.app.recheck import Recheck
from altegio_sync.app.school import ignore, open_school
from altegio_sync.config import SchoolConfig
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.report import CompanyReport, SyncMode, SyncReport
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.app.parts import Part, Work
    from altegio_sync.app.school import School

AT = time(3, 15)


def config_of(db_uri: str, companies: int = 1, every_s: float = 0.05) -> SchoolConfig:
    return SchoolConfig(
        db_uri=SecretStr(db_uri),
        company_ids=tuple(str(77 + number) for number in range(companies)),
        poll_every=timedelta(seconds=every_s),
        timezone="Europe/Kyiv",
    )


class Runs:
    """Notes the runs in place of doing them, and stops after so many."""

    def __init__(
        self,
        most: int,
        takes_s: float = 0,
        gives_way: Callable[[int], bool] = lambda _number: False,
    ) -> None:
        self.stop = StopSignal()
        self.commands: list[str] = []
        self.companies: list[tuple[str, ...]] = []
        self._most = most
        self._takes_s = takes_s
        self._gives_way = gives_way

    async def __call__(self, _school: School, command: str, work: Work) -> SyncReport | None:
        request: Any = work.args[1]  # type: ignore[attr-defined]
        self.commands.append(command)
        self.companies.append(tuple(request.companies))
        await anyio.sleep(self._takes_s)
        if len(self.commands) == self._most:
            self.stop.set()
        if not self._gives_way(len(self.commands) - 1):
            return None
        now = utc_now()
        companies = [CompanyReport("77", gave_way=True)]
        return SyncReport(
            "changes",
            "a run",
            SyncMode.UPDATE,
            dry_run=False,
            started_at=now,
            finished_at=now,
            companies=companies,
        )

    async def of(self, part: Part) -> None:
        with anyio.fail_after(60):
            await part.run(self.stop)


async def test_a_poll_is_repeated_and_its_interval_is_known(db_uri: str) -> None:
    runs, warned = Runs(4, takes_s=0.08), []

    def warn(event: str, /, **_fields: object) -> None:
        warned.append(event)

    async with open_school(config_of(db_uri)) as school:
        poll = Poll(school, runs, warn)
        await runs.of(poll)

    assert runs.commands == ["changes"] * 4
    assert poll.interval is not None
    # A poll of 0.08 s leaves out the one after 0.05 s.
    assert poll.interval > timedelta(seconds=0.09)
    assert warned == ["polls_late"]


async def test_a_poll_that_another_process_has_just_made_is_left_out(db_uri: str) -> None:
    runs = Runs(2)
    async with open_school(config_of(db_uri, every_s=0.2)) as school:
        poll = Poll(school, runs, ignore)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runs.of, poll)
            for _ in range(30):
                now = await school.appointments.find_server_time()
                await school.cursors.move_cursor("77", now, "of another process")
                await anyio.sleep(0.02)
            assert runs.commands == ["changes"]  # the first one is always made

    assert len(runs.commands) == 2


async def test_a_poll_that_gives_way_is_not_counted_and_makes_no_poll_late_again(
    db_uri: str,
) -> None:
    """Another process polls for a long time."""
    warned: list[str] = []

    def warn(event: str, /, **_fields: object) -> None:
        warned.append(event)

    async with open_school(config_of(db_uri)) as school:
        runs = Runs(10, gives_way=lambda number: number % 4 != 0)
        poll = Poll(school, runs, warn)
        await runs.of(poll)

    assert poll.interval is not None
    assert poll.interval > timedelta(seconds=0.15)
    assert warned == ["polls_late"]


class Night:
    """A clock that jumps to the next hour each time when it is read."""

    def __init__(self, begin: str = "2026-11-26 00:15+02:00") -> None:
        self.now = datetime.fromisoformat(begin)

    async def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


def recheck_of(school: School, runs: Runs, clock: Night) -> Recheck:
    return Recheck(school, runs, AT, clock=clock, looked_every_s=0)


async def test_the_days_around_today_are_read_again_once_a_day(db_uri: str) -> None:
    runs, clock = Runs(2), Night()
    async with open_school(config_of(db_uri)) as school:
        await runs.of(recheck_of(school, runs, clock))

    assert runs.commands == ["sync", "sync"]
    assert runs.companies == [("77",), ("77",)]
    assert clock.now == datetime.fromisoformat("2026-11-27 03:15+02:00")


async def test_of_two_processes_one_reads_the_days_around_today_again(db_uri: str) -> None:
    runs, clock = Runs(4), Night()
    async with (
        open_school(config_of(db_uri)) as one,
        open_school(config_of(db_uri)) as other,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(runs.of, recheck_of(one, runs, clock))
        tasks.start_soon(runs.of, recheck_of(other, runs, clock))

    # Both read the same clock, and one of them may be an hour ahead of the other.
    assert clock.now >= datetime.fromisoformat("2026-11-29 03:15+02:00")


async def test_a_night_in_which_no_process_ran_is_made_up_for(db_uri: str) -> None:
    first, later = Runs(1), Runs(1)
    async with open_school(config_of(db_uri)) as school:
        await first.of(recheck_of(school, first, Night()))
        clock = Night("2026-11-29 13:00+02:00")
        await later.of(recheck_of(school, later, clock))

    assert clock.now == datetime.fromisoformat("2026-11-29 14:00+02:00")


async def test_a_reading_that_a_stop_ended_is_made_up_for(db_uri: str) -> None:
    stopped, later = Runs(1), Runs(1)
    async with open_school(config_of(db_uri)) as school:
        await stopped.of(recheck_of(school, stopped, Night()))
        clock = Night("2026-11-26 03:16+02:00")
        await later.of(recheck_of(school, later, clock))

    assert clock.now == datetime.fromisoformat("2026-11-26 04:16+02:00")


async def test_many_locations_are_read_again_in_groups(db_uri: str) -> None:
    runs = Runs(3)
    async with open_school(config_of(db_uri, companies=45)) as school:
        night = timedelta(seconds=0.3)
        recheck = Recheck(school, runs, AT, clock=Night(), looked_every_s=0, night=night)
        await runs.of(recheck)

    assert [len(each) for each in runs.companies] == [20, 20, 5]
    assert len({each for group in runs.companies for each in group}) == 45
