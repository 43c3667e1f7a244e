"""Works off the notices of webhooks, for as long as the process lives."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import anyio

from altegio_sync.domain.notices import (
    Failed,
    Missing,
    NoticeState,
    Postponed,
    Settled,
)
from altegio_sync.errors import StoreError, ungrouped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime, timedelta

    from altegio_sync.domain.notices import Brought, Claim, DueAppointment
    from altegio_sync.usecases.stopping import StopSignal

    Bring = Callable[[Claim], Awaitable[Brought]]

#: From more appointments of one company, one run of `changes` costs less.
MOST_BY_ID = 100
#: How many appointments are worked on at the same time. The request limit decides how fast.
_MOST_AT_WORK = 16
LOOKED_EVERY_S = 1.0
_RENEWED_EVERY_S = 15.0
#: After a run of `changes` that did not bring everything, appointments are requested by their id.
_BY_ID_FOR_S = 30.0
_RELEASED_WITHIN_S = 0.5


@dataclass(frozen=True, slots=True)
class ChangesResult:
    """What a run of `changes` found out about each appointment that it read.

    ``is_complete``: the run read everything that has changed.
    """

    results: Mapping[str, Settled]
    is_complete: bool


if TYPE_CHECKING:
    # Makes a run of `changes` for one company. None: it gave way to another run.
    RunChanges = Callable[[str], Awaitable[ChangesResult | None]]
    # Which of these appointments of a company are stored, and not marked as deleted.
    FindStored = Callable[[str, Collection[str]], Awaitable[AbstractSet[str]]]


class NoticeStore(Protocol):
    """The stored notices; see `MongoNotices`."""

    async def find_server_time(self) -> datetime: ...

    async def find_due(self) -> Sequence[DueAppointment]: ...

    async def claim(self, company: str, appointment_id: str) -> Claim | None: ...

    async def renew(self, claim: Claim) -> bool: ...

    async def finish(self, claim: Claim, settled: Settled) -> None: ...

    async def try_again(self, claim: Claim) -> NoticeState: ...

    async def postpone(self, claim: Claim, at_least: timedelta) -> None: ...

    async def note_missing(self, claim: Claim, missing: Missing) -> None: ...

    async def release(self, claim: Claim) -> None: ...

    async def find_open(self, company: str, before: datetime) -> AbstractSet[str]: ...

    async def note_unlisted(self, company: str, before: datetime, ids: Collection[str]) -> None: ...

    async def finish_all(
        self, company: str, before: datetime, settled: Mapping[str, Settled]
    ) -> None: ...


class NoticeLoop:
    """Works off the notices; each appointment is worked on by one process at a time.

    ``on_error`` gets the errors of MongoDB, and None when it has answered. The work goes on.
    """

    def __init__(
        self,
        notices: NoticeStore,
        bring: Bring,
        run_changes: RunChanges,
        find_stored: FindStored,
        *,
        on_error: Callable[[StoreError | None], None],
        looks_every_s: float = LOOKED_EVERY_S,
        renews_every_s: float = _RENEWED_EVERY_S,
    ) -> None:
        self._notices = notices
        self._bring = bring
        self._run_changes = run_changes
        self._find_stored = find_stored
        self._on_error = on_error
        self._looks_every_s = looks_every_s
        self._renews_every_s = renews_every_s
        self._at_work: set[tuple[str, str]] = set()
        # The runs of `changes` at work: by company, when each began by MongoDB's clock.
        self._runs: dict[str, datetime] = {}
        self._by_id_until: dict[str, float] = {}

    async def run(self, stop: StopSignal) -> None:
        """Work until the stop. What has begun is finished."""
        async with anyio.create_task_group() as tasks:
            while not stop.is_set:
                await self._begin_due(tasks)
                with stop.interrupting():
                    await anyio.sleep(self._looks_every_s)

    async def work_once(self) -> None:
        """Work off what is due now."""
        async with anyio.create_task_group() as tasks:
            await self._begin_due(tasks)

    async def _begin_due(self, tasks: anyio.abc.TaskGroup) -> None:
        try:
            due = await self._notices.find_due()
            await self._begin_runs(due, tasks)
        except StoreError as error:
            self._on_error(error)
            return
        self._on_error(None)
        for each in _in_order(list(self._choose_by_id(due))):
            key = each.company, each.appointment_id
            if len(self._at_work) >= _MOST_AT_WORK:
                return
            if key not in self._at_work:
                self._at_work.add(key)
                tasks.start_soon(self._work, each)

    async def _begin_runs(self, due: Sequence[DueAppointment], tasks: anyio.abc.TaskGroup) -> None:
        """Begin a run of `changes` for each company of which too many appointments are due."""
        self._forget_old()
        for company in _find_crowded(due):
            is_busy = company in self._runs or company in self._by_id_until
            if not is_busy:
                began_at = await self._notices.find_server_time()
                self._runs[company] = began_at
                tasks.start_soon(self._settle_by_run, company, began_at)

    def _forget_old(self) -> None:
        now = anyio.current_time()
        self._by_id_until = {key: at for key, at in self._by_id_until.items() if at > now}

    def _choose_by_id(self, due: Sequence[DueAppointment]) -> Iterator[DueAppointment]:
        """The appointments that wait for no run of `changes`.

        A run settles the notices that came before it. Of those that came later, a few are requested
        by id beside the run. If there are many, the next run brings them.
        """
        later = Counter(each.company for each in due if self._came_during_run(each))
        for each in due:
            is_of_few = self._came_during_run(each) and later[each.company] <= MOST_BY_ID
            if each.is_unlisted or is_of_few or each.company not in self._runs:
                yield each

    def _came_during_run(self, due: DueAppointment) -> bool:
        began_at = self._runs.get(due.company)
        return began_at is not None and due.last_at >= began_at and not due.is_unlisted

    async def _settle_by_run(self, company: str, began_at: datetime) -> None:
        try:
            result = await self._run_changes(company)
            if result is None or not result.is_complete:
                self._by_id_until[company] = anyio.current_time() + _BY_ID_FOR_S
            if result is not None:
                await self._store_results(company, began_at, result)
        except StoreError as error:
            self._on_error(error)
        finally:
            del self._runs[company]

    async def _store_results(self, company: str, began_at: datetime, result: ChangesResult) -> None:
        """Settle all notices that came before the run, also those that were not due yet."""
        ids = await self._notices.find_open(company, began_at)
        settled = {each: result.results[each] for each in ids & result.results.keys()}
        if result.is_complete:
            # What Altegio does not list has not changed, or is gone. Only a stored appointment can
            # be gone, and only a request by id shows it. Forged ids are not stored.
            unlisted = ids - settled.keys()
            stored = await self._find_stored(company, unlisted)
            await self._notices.note_unlisted(company, began_at, stored)
            settled |= dict.fromkeys(unlisted - stored, _NOT_LISTED)
        await self._notices.finish_all(company, began_at, settled)

    async def _work(self, due: DueAppointment) -> None:
        try:
            claim = await self._notices.claim(due.company, due.appointment_id)
            if claim is not None:
                with ungrouped():
                    await self._settle(claim)
        except StoreError as error:
            # What was claimed is due again when its claim has expired.
            self._on_error(error)
        finally:
            self._at_work.discard((due.company, due.appointment_id))

    async def _settle(self, claim: Claim) -> None:
        brought: Brought | None = None
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._keep, claim, tasks.cancel_scope)
                brought = await self._bring(claim)
                tasks.cancel_scope.cancel()
            # Otherwise the claim was lost.
            if brought is not None:
                await self._note(claim, brought)
        except anyio.get_cancelled_exc_class():
            with anyio.move_on_after(_RELEASED_WITHIN_S, shield=True), suppress(StoreError):
                await self._notices.release(claim)
            raise

    async def _note(self, claim: Claim, brought: Brought) -> None:
        match brought:
            case Settled():
                await self._notices.finish(claim, brought)
            case Missing():
                await self._notices.note_missing(claim, brought)
            case Failed():
                await self._notices.try_again(claim)
            case Postponed():
                await self._notices.postpone(claim, brought.at_least)

    async def _keep(self, claim: Claim, work: anyio.CancelScope) -> None:
        """Renew the claim again and again; end the work if another process has it."""
        while True:
            await anyio.sleep(self._renews_every_s)
            if not await self._notices.renew(claim):
                work.cancel()


def _find_crowded(due: Sequence[DueAppointment]) -> set[str]:
    """The companies of which too many appointments are due to request each by its id."""
    counts = Counter(each.company for each in due if not each.is_unlisted)
    return {company for company, count in counts.items() if count > MOST_BY_ID}


def _in_order(due: Sequence[DueAppointment]) -> list[DueAppointment]:
    """The oldest first, and of a company of which too many are due the newest first.

    So no new appointment waits for a burst until a run of `changes` brings the burst.
    """
    crowded = _find_crowded(due)

    def place(each: DueAppointment) -> tuple[bool, bool, float]:
        is_crowded, at = each.company in crowded, each.first_at.timestamp()
        return each.is_unlisted, is_crowded, -at if is_crowded else at

    return sorted(due, key=place)


_NOT_LISTED = Settled(NoticeState.NOT_FOUND)
