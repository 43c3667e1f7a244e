"""The values that all companies of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anyio import CapacityLimiter

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.report import SyncMode, WritingRun
from altegio_sync.ports import SilentProgress
from altegio_sync.usecases.location_zones import KEPT_FOR, LocationZones
from altegio_sync.usecases.reading.pages import KnownTotals
from altegio_sync.usecases.stopping import Outage, StopSignal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from altegio_sync.domain.run_marks import OpenRun
    from altegio_sync.ports import (
        AppointmentSource,
        AppointmentStore,
        Leases,
        Ledger,
        LocationStore,
        Progress,
        RunStore,
        VersionStore,
    )

#: Each of them reads up to 16 pages at a time.
_LONG_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class RunContext:
    """The values that all companies of a run of `sync` or `changes` share.

    Without ``runs`` no report is kept. Without ``leases`` other runs are not kept away. Without
    ``ledger`` no day is entered. A dry run uses ``runs`` and ``leases`` not at all, and only reads
    the ledger.
    """

    source: AppointmentSource
    store: AppointmentStore
    command: str
    opened: OpenRun
    mode: SyncMode = SyncMode.NEW_ONLY
    dry_run: bool = False
    rules: LessonRules = field(default_factory=LessonRules)
    #: The `settings_hash` under which days are entered into the ledger.
    rules_fingerprint: str = ""
    runs: RunStore | None = None
    leases: Leases | None = None
    ledger: Ledger | None = None
    progress: Progress = field(default_factory=SilentProgress)
    stop: StopSignal = field(default_factory=StopSignal)
    outage: Outage = field(default_factory=Outage)
    clock: Callable[[], datetime] = utc_now
    locations: LocationStore | None = None
    #: Where the versions of bookings are stored, if webhooks are used.
    versions: VersionStore | None = None
    zones: LocationZones = field(default_factory=lambda: LocationZones(None, None, dry_run=True))
    totals: KnownTotals = field(default_factory=KnownTotals)
    #: Only a few companies read many pages at the same time: what was seen is kept in memory.
    long_readings: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_LONG_AT_ONCE))
    #: A company whose lease another run holds is left to that run. Otherwise this is an error.
    gives_way: bool = False
    #: A stored staff list that is older is requested again.
    staff_kept_for: timedelta = KEPT_FOR

    @property
    def writing_run(self) -> WritingRun:
        return WritingRun(self.opened.run_id, self.command)
