"""Works off the notices of webhooks, for as long as the process lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from altegio_sync.app.parts import pause
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.lanes import Lane
from altegio_sync.domain.report import SyncMode, new_run_id
from altegio_sync.domain.run_marks import OpenRun
from altegio_sync.errors import AltegioError, StoreError, StoreUnavailableError
from altegio_sync.mongo.bookkeeping.lease_document import NOTICES
from altegio_sync.usecases.company_run import CompanyRun
from altegio_sync.usecases.location_zones import LocationZones
from altegio_sync.usecases.noticed import bring_noticed, settle_due
from altegio_sync.usecases.run_context import RunContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.app.outages import StoreOutages
    from altegio_sync.app.school import School
    from altegio_sync.domain.notices import Claim, NoticeState
    from altegio_sync.domain.report import RunError
    from altegio_sync.ports import Warn
    from altegio_sync.usecases.stopping import StopSignal

_LOOKED_EVERY_S = 1.0
#: What a long-lived process knows about the server and the locations is then asked for again.
_KNOWN_FOR_S = 600.0


class NoticeWork:
    """Brings the appointments whose notices are due, about once a second."""

    def __init__(
        self,
        school: School,
        outages: StoreOutages,
        *,
        warn: Warn,
        failure_of: Callable[[Exception], tuple[RunError, int]],
    ) -> None:
        self._school = school
        self._outages = outages
        self._warn = warn
        self._failure_of = failure_of
        self._bringing: _Bringing | None = None
        self._is_waiting = False

    async def run(self, stop: StopSignal) -> None:
        while not stop.is_set:
            try:
                await self._work(stop)
                self._outages.note_answer()
                self._is_waiting = False
            except StoreUnavailableError as error:
                self._bringing = None
                self._outages.note(error)
            except StoreError as error:
                self._bringing = None
                self._note_waiting(error)
            await pause(_LOOKED_EVERY_S, stop)

    def _note_waiting(self, error: StoreError) -> None:
        if not self._is_waiting:
            self._warn("notices_wait", reason=error.message)
        self._is_waiting = True

    async def _work(self, stop: StopSignal) -> None:
        notices = self._school.notices
        if not await notices.find_due():
            return
        if self._bringing is None or self._bringing.is_old:
            self._bringing = _Bringing(self._school, self._warn, self._failure_of)
        bringing = self._bringing
        # Another `serve` may hold this lease too. A run that has the whole collection to itself is
        # waited for.
        async with bringing.leases.hold(NOTICES, bringing.opened.run_id):
            await bringing.prepare()
            await settle_due(notices, bringing.bring, stop)


class _Bringing:
    """Brings appointments by the same means, for some minutes."""

    def __init__(
        self,
        school: School,
        warn: Warn,
        failure_of: Callable[[Exception], tuple[RunError, int]],
    ) -> None:
        now = utc_now()
        self._until = anyio.current_time() + _KNOWN_FOR_S
        self._warn = warn
        self._failure_of = failure_of
        self._is_prepared = False
        self.opened = OpenRun(new_run_id(now), now)
        self.leases = school.leases(self.opened.run_id, command="serve")
        stores = school.held_by(self.leases)
        config = school.config
        self._context = RunContext(
            source=school.altegio_in(Lane.NOTICES),
            store=stores.appointments,
            command="serve",
            opened=self.opened,
            mode=SyncMode.UPDATE,
            rules=config.rules,
            locations=stores.locations,
            versions=stores.versions,
            zones=LocationZones(stores.locations, config.timezone, dry_run=False),
        )

    @property
    def is_old(self) -> bool:
        return anyio.current_time() > self._until

    async def prepare(self) -> None:
        """Make sure of the unique index. A problem of it is reported by the polls."""
        if not self._is_prepared:
            await self._context.store.prepare(dry_run=False)
            self._is_prepared = True

    async def bring(self, claim: Claim) -> NoticeState | None:
        """The result of the claimed notices; None: try again later."""
        try:
            company = CompanyRun(self._context, claim.company)
            zone = await self._context.zones.find_fresh(claim.company, utc_now())
            zone = zone or await company.fetch_zone(utc_now())
            return await bring_noticed(company, claim.appointment_id, zone)
        except (AltegioError, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - one appointment must not end the process
            reason = self._failure_of(error)[0].message
            self._warn("notice_failed", appointment_id=claim.appointment_id, reason=reason)
            return None
