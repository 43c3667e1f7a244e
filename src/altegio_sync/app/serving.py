"""A school that is served: opened as soon as MongoDB answers, with parts that run side by side."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from altegio_sync.altegio.hook_body import read_delivery
from altegio_sync.app.companies import find_companies
from altegio_sync.app.measuring import WebhookMeasure
from altegio_sync.app.metrics import WorkDone
from altegio_sync.app.noticing import NoticeWork
from altegio_sync.app.outages import StoreOutages
from altegio_sync.app.parts import Part, pause, run_parts
from altegio_sync.app.polling import Poll
from altegio_sync.app.recheck import Recheck
from altegio_sync.app.reviving import Reviving
from altegio_sync.app.school import open_school
from altegio_sync.config.values import EMBEDDED
from altegio_sync.errors import StoreError, StoreUnavailableError
from altegio_sync.messages.serve import NOT_OPEN_YET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import timedelta

    from altegio_sync.app.parts import Runner
    from altegio_sync.app.school import School
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.notices import Delivery, Notice, UnreadableNotice
    from altegio_sync.domain.report import RunError
    from altegio_sync.ports import Warn
    from altegio_sync.usecases.stopping import StopSignal

_OPENED_EVERY_S = 2.0
_LISTED_EVERY_S = 60.0
#: Before the first poll has stored a list.
_FIRST_LISTED_EVERY_S = 1.0


class Service:
    """What `serve` does for one school. ``school`` is None until MongoDB has answered.

    ``warn`` logs, ``runner`` does a run and reports about it, ``failure_of`` describes any error
    without private data.
    """

    def __init__(
        self,
        config: SchoolConfig,
        *,
        warn: Warn,
        runner: Runner,
        failure_of: Callable[[Exception], tuple[RunError, int]],
        polls: bool = True,
    ) -> None:
        self.config = config
        self.school: School | None = None
        self.outages = StoreOutages(warn)
        self.work = WorkDone()
        self._warn = warn
        self._runner = self.work.counted(runner)
        self._failure_of = failure_of
        self._polls = polls
        self._poll: Poll | None = None
        #: The notices of these companies are accepted.
        self.companies = frozenset(config.pick_companies(()))
        self._is_open = anyio.Event()

    async def run(self, outer: Sequence[Part], stop: StopSignal) -> None:
        """Serve until the stop. ``outer`` are the web server and others that need no school.

        Raises:
            ConfigError: the settings name no usable database.
            StoreError: MongoDB refuses the user.
        """
        outer_parts = _OuterParts(outer)
        await run_parts([outer_parts, _SchoolParts(self, outer_parts.ended)], stop)

    def parts(self, school: School) -> list[Part]:
        """What runs while the school is open."""
        parts: list[Part] = [
            NoticeWork(
                school,
                self.outages,
                warn=self._warn,
                failure_of=self._failure_of,
                count=self.work.add,
            )
        ]
        if self.config.db_uri.get_secret_value() == EMBEDDED:
            parts.append(Reviving(self.config.data_dir, self.outages))
        if self.config.hook_secrets:
            parts.append(WebhookMeasure(school, self.outages, warn=self._warn))
        if self.config.lists_all:
            parts.append(_KnownCompanies(self, school))
        if self._polls:
            self._poll = Poll(school, self._runner, self._warn)
            parts.append(self._poll)
        if self.config.recheck_at is not None:
            parts.append(Recheck(school, self._runner, self.config.recheck_at))
        return parts

    @property
    def poll_interval(self) -> timedelta | None:
        """The time between the last two polls; None before the second one."""
        return None if self._poll is None else self._poll.interval

    def read(self, body: bytes) -> Delivery:
        """The notices of a webhook's body."""
        return read_delivery(body, self.companies.__contains__)

    async def store(self, notices: Sequence[Notice | UnreadableNotice]) -> None:
        """Return when the notices are stored durably. Raises StoreError.

        Before MongoDB has answered for the first time, this waits for it.
        """
        if notices:
            await self._is_open.wait()
            await self.opened().notices.add(notices)

    async def ping(self) -> None:
        """Raises StoreError if MongoDB does not answer."""
        await self.opened().appointments.find_server_time()

    def opened(self) -> School:
        """The school. Raises StoreError while MongoDB has never answered."""
        if self.school is None:
            raise self.outages.error or StoreUnavailableError(NOT_OPEN_YET())
        return self.school

    @asynccontextmanager
    async def open(self, stop: StopSignal) -> AsyncIterator[School | None]:
        """The school, as soon as MongoDB answers; None if the stop comes first."""
        async with AsyncExitStack() as stack:
            while self.school is None and not stop.is_set:
                try:
                    with stop.interrupting():
                        self.school = await self._try_to_open(stack)
                        self._is_open.set()
                        self.outages.note_answer()
                except StoreUnavailableError as error:
                    self.outages.note(error)
                    await pause(_OPENED_EVERY_S, stop)
            yield self.school

    async def _try_to_open(self, stack: AsyncExitStack) -> School:
        async with AsyncExitStack() as trying:
            school = await trying.enter_async_context(
                open_school(self.config, warn=self._warn, usage=self.work.usage)
            )
            await school.notices.prepare()
            stack.push_async_exit(trying.pop_all())
            return school


class _OuterParts:
    """Runs the parts that need no school. ``ended`` is set when all of them have ended."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self.ended = anyio.Event()

    async def run(self, stop: StopSignal) -> None:
        await run_parts(self._parts, stop)
        self.ended.set()


class _SchoolParts:
    """Opens the school, and runs the parts that need it."""

    def __init__(self, service: Service, others_ended: anyio.Event) -> None:
        self._service = service
        self._others_ended = others_ended

    async def run(self, stop: StopSignal) -> None:
        async with self._service.open(stop) as school:
            if school is not None:
                await run_parts(self._service.parts(school), stop)
                # The last requests to the web server need the school too.
                await self._others_ended.wait()


class _KnownCompanies:
    """Looks up which locations Altegio listed last: their notices are accepted."""

    def __init__(self, service: Service, school: School) -> None:
        self._service = service
        self._school = school

    async def run(self, stop: StopSignal) -> None:
        while not stop.is_set:
            try:
                self._service.companies = frozenset(await find_companies(self._school))
            except StoreError as error:
                self._service.outages.note(error)
            is_known = bool(self._service.companies)
            await pause(_LISTED_EVERY_S if is_known else _FIRST_LISTED_EVERY_S, stop)
