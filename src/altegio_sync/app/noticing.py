"""Works off the notices of webhooks, for as long as the process lives."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import anyio

from altegio_sync.app.syncing import sync_school_changes
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.lanes import Lane
from altegio_sync.domain.notices import Failed, Postponed
from altegio_sync.domain.period import ALL_DAYS
from altegio_sync.domain.report import SyncMode, new_run_id
from altegio_sync.domain.run_marks import OpenRun
from altegio_sync.errors import AltegioSyncError, StoreError, StoreUnavailableError
from altegio_sync.mongo.bookkeeping.lease_document import NOTICES
from altegio_sync.ports import SilentProgress, StoredScope
from altegio_sync.usecases.changes import DEFAULT_OVERLAP, ChangesRequest
from altegio_sync.usecases.company_run import CompanyRun
from altegio_sync.usecases.location_zones import STAFF_KEPT_FOR_IN_SERVICE, LocationZones
from altegio_sync.usecases.notice_loop import LOOKED_EVERY_S, ChangesResult, NoticeLoop
from altegio_sync.usecases.noticed import NotedResults, NoticedAppointment
from altegio_sync.usecases.run_context import RunContext

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection
    from collections.abc import Set as AbstractSet

    from altegio_sync.app.outages import StoreOutages
    from altegio_sync.app.school import School
    from altegio_sync.config.values import SchoolConfig
    from altegio_sync.domain.counts import RecordCounts
    from altegio_sync.domain.notices import Brought, Claim
    from altegio_sync.domain.report import RunError
    from altegio_sync.ports import Warn
    from altegio_sync.usecases.stopping import StopSignal

    Count = Callable[[RecordCounts], None]
    FailureOf = Callable[[Exception], tuple[RunError, int]]

#: What a long-lived process knows about the server and the locations is then asked for again.
_KNOWN_FOR_S = 600.0


class NoticeWork:
    """Brings the appointments whose notices are due, about once a second.

    ``count`` is called with what was done with the bookings.
    """

    def __init__(
        self,
        school: School,
        outages: StoreOutages,
        *,
        warn: Warn,
        failure_of: FailureOf,
        looks_every_s: float = LOOKED_EVERY_S,
        count: Count = lambda _counts: None,
    ) -> None:
        self._school = school
        self._looks_every_s = looks_every_s
        self._outages = outages
        self._warn = warn
        self._failure_of = failure_of
        self._count = count
        self._prepared: _Preparation | None = None
        self._is_waiting = False
        self._stop: StopSignal | None = None

    async def run(self, stop: StopSignal) -> None:
        self._stop = stop
        loop = NoticeLoop(
            self._school.notices,
            self._bring,
            self._run_changes,
            self._find_stored,
            on_error=self._note_store,
            looks_every_s=self._looks_every_s,
        )
        await loop.run(stop)

    def _note_store(self, error: StoreError | None) -> None:
        match error:
            case None:
                self._outages.note_answer()
            case StoreUnavailableError():
                self._prepared = None
                self._outages.note(error)
            case _:
                self._note_waiting(error)

    def _note_waiting(self, error: StoreError) -> None:
        self._prepared = None
        if not self._is_waiting:
            self._is_waiting = True
            self._warn("notices_wait", reason=error.message)

    async def _bring(self, claim: Claim) -> Brought:
        try:
            if self._prepared is None or self._prepared.is_old:
                self._prepared = _Preparation(self._school, self._warn, self._count)
            brought = await self._prepared.bring(claim)
        except StoreUnavailableError:
            raise
        except StoreError as error:
            self._note_waiting(error)
            return Postponed()
        except AltegioSyncError as error:  # Altegio does not name the zone
            self._note_failure(claim, error)
            return Postponed()
        except Exception as error:  # noqa: BLE001 - one appointment must not end the process
            self._note_failure(claim, error)
            return Failed()
        self._is_waiting = False
        return brought

    def _note_failure(self, claim: Claim, error: Exception) -> None:
        reason = self._failure_of(error)[0].message
        self._warn("notice_failed", appointment_id=claim.appointment_id, reason=reason)

    async def _run_changes(self, company: str) -> ChangesResult | None:
        school, noted = self._school, NotedResults()
        # Where the company has no cursor yet, this is the beginning.
        request = ChangesRequest([company], since=DEFAULT_OVERLAP)
        try:
            report = await sync_school_changes(
                school, request, lane=Lane.POLLS, progress=noted, stop=self._stop
            )
            self._count(report.records)
        except StoreError:
            raise
        except AltegioSyncError:
            return None
        except Exception as error:  # noqa: BLE001 - one company must not end the process
            reason = self._failure_of(error)[0].message
            self._warn("notices_failed", company=company, reason=reason)
            return None
        is_whole = report.exit_code == 0 and not any(each.gave_way for each in report.companies)
        return ChangesResult(noted.results, is_whole)

    async def _find_stored(self, company: str, ids: Collection[str]) -> AbstractSet[str]:
        scope = _all_of(company, ZoneInfo("UTC"), self._school.config)  # all days, so any zone
        return set(await self._school.appointments.find_undeleted(scope, ids))


def _all_of(company: str, zone: ZoneInfo, config: SchoolConfig) -> StoredScope:
    """All documents of the company."""
    return StoredScope(
        company, ALL_DAYS, zone, includes_documents_without_company=config.has_single_company
    )


class _Preparation:
    """What the work on each notice needs: made once, and used for some minutes."""

    def __init__(self, school: School, warn: Warn, count: Count) -> None:
        now = utc_now()
        self._until = anyio.current_time() + _KNOWN_FOR_S
        self._school = school
        self._opened = OpenRun(new_run_id(now), now)
        self._leases = school.leases(self._opened.run_id, command="serve")
        self._preparing = anyio.Lock()
        self._count = count
        self._is_prepared = False
        stores = school.held_by(self._leases)
        config = school.config
        self._zones = partial(LocationZones, stores.locations, config.timezone, dry_run=False)
        self._context = RunContext(
            source=school.altegio_in(Lane.NOTICES),
            store=stores.appointments,
            command="serve",
            opened=self._opened,
            mode=SyncMode.UPDATE,
            rules=config.rules,
            progress=_Warnings(warn),
            locations=stores.locations,
            versions=stores.versions,
            zones=self._zones(),
            staff_kept_for=STAFF_KEPT_FOR_IN_SERVICE,
        )

    @property
    def is_old(self) -> bool:
        return anyio.current_time() > self._until

    async def bring(self, claim: Claim) -> Brought:
        """Read and store the appointment.

        Raises:
            AltegioSyncError: its zone cannot be found out, or MongoDB fails.
        """
        await self._prepare()
        company = CompanyRun(self._context, claim.company)
        zone = await self._context.zones.find_fresh(claim.company, utc_now())
        if zone is None:
            zone = await company.fetch_zone(utc_now())
            self._context = replace(self._context, zones=self._zones())  # now it is stored
        scope = _all_of(claim.company, zone, self._school.config)
        appointment = NoticedAppointment(
            company,
            claim,
            scope,
            hold=lambda: self._hold(claim),
            count_gone=self._school.notices.count_gone,
        )
        try:
            return await appointment.bring()
        finally:
            self._count(company.report.records)

    async def _prepare(self) -> None:
        """Make sure of the unique index. A problem of it is reported by the polls."""
        async with self._preparing:
            if not self._is_prepared:
                await self._context.store.find_server_time()
                await self._context.store.prepare(dry_run=False)
                self._is_prepared = True

    @asynccontextmanager
    async def _hold(self, claim: Claim) -> AsyncIterator[None]:
        """Keep away the runs that have the whole collection to themselves, and no others."""
        name = f"{NOTICES} {claim.company}/{claim.appointment_id}"
        async with self._leases.hold(name, self._opened.run_id):
            yield


class _Warnings(SilentProgress):
    """Passes on the warnings about appointments."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn

    def warn(self, event: str, /, **fields: object) -> None:
        self._warn(event, **fields)
