"""What a run of repairs decides, whatever stores the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.repair import Suspect
from altegio_sync.domain.validation import Remedy, RuleContext, RuleFinding, Severity
from altegio_sync.errors import AltegioUnavailableError
from altegio_sync.usecases.asking.plan import RepairRequest
from altegio_sync.usecases.rearranging import Rearrangement
from altegio_sync.usecases.repair import RepairRun, plan_repairs, repair_appointments
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.zones import LocalZone
from tests.fakes import NOW, ListSource, MemoryLease, MemoryRuns, MemoryValidator, booking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.repair import Answer, SchoolZones, Unrepaired

RUN_ID = "20260410-090000-000abcd"
OPEN = RuleFinding("required-field", Severity.ERROR, Remedy.ASK, 1)


class MemoryRepairs:
    """Documents that need an answer, by their appointment ids; ``local`` more need none."""

    def __init__(self, *to_ask: str, local: int = 0) -> None:
        self.to_ask = list(to_ask)
        self.local = local
        self.changed = 0

    async def count_local_repairs(self, context: RuleContext, zones: SchoolZones) -> int:
        del context, zones
        return self.local

    async def repair_locally(
        self,
        context: RuleContext,
        zones: SchoolZones,
        unrepaired: Unrepaired,
        should_stop: Callable[[], bool],
    ) -> None:
        del context, zones, unrepaired, should_stop
        self.changed += self.local

    async def count_done(self) -> tuple[int, int]:
        return self.changed, 0

    async def find_to_ask(
        self, context: RuleContext, *, includes_wrong_types: bool = True
    ) -> AsyncIterator[list[Suspect]]:
        del context, includes_wrong_types
        yield [Suspect(each, each, "77", None) for each in self.to_ask]

    async def count_by_day(
        self, start: datetime, end: datetime, zone: ZoneInfo
    ) -> Mapping[str, int]:
        del start, end, zone
        return {}

    async def apply_answers(
        self, answers: Sequence[Answer], unrepaired: Unrepaired, *, by_id: bool = False
    ) -> Sequence[Suspect]:
        del unrepaired, by_id
        self.changed += sum(each.verdict is not None for each in answers)
        return []

    async def move_to_trash(self, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> None: ...


class Unreachable(ListSource):
    async def fetch_booking(self, company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        raise AltegioUnavailableError(f"no answer about {appointment_id} of {company_id} in {zone}")


class World:
    """A run of repairs, and all that it works with."""

    def __init__(self, store: MemoryRepairs, source: ListSource | None) -> None:
        self.runs = MemoryRuns()
        self.lease = MemoryLease()
        self.stop = StopSignal()
        self.run = Rearrangement(
            "validate", RUN_ID, NOW, self.runs, warn, lease=self.lease, stop=self.stop
        )
        local = LocalZone(ZoneInfo("Europe/Kyiv"), "of the last run")
        request = RepairRequest(("77",), local, "Europe/Kyiv")
        self.repair = RepairRun(store, source, request, RuleContext(NOW), self.stop)


def warn(event: str, /, **fields: object) -> None:
    raise AssertionError(f"no warning is expected: {event} {fields}")


async def test_a_plan_counts_and_holds_nothing() -> None:
    store = MemoryRepairs("501", "502", local=3)
    source = ListSource([booking("501")])
    world = World(store, source)

    report = await plan_repairs(world.repair, MemoryValidator(OPEN))

    assert report.plan is not None
    assert (report.plan.local, report.plan.asked, report.plan.requests) == (3, 2, 3)
    assert (store.changed, source.asked_ids, world.lease.log) == (0, [], [])
    assert world.runs.kept == []


@pytest.mark.parametrize(
    ("store", "run_id"),
    [(MemoryRepairs("501", local=3), RUN_ID), (MemoryRepairs(), None)],
    ids=["repaired", "nothing to repair"],
)
async def test_a_repair_names_its_run_where_there_is_something_to_undo(
    store: MemoryRepairs, run_id: str | None
) -> None:
    world = World(store, ListSource([booking("501")]))

    report = await repair_appointments(world.repair, MemoryValidator(OPEN), world.run)

    assert world.lease.log == ["taken", "given back"]
    assert (report.run_id, report.fixed) == (run_id, store.changed)
    assert (report.errors, report.exit_code) == (1, 1)
    assert kept(world) == (RUN_ID, store.changed)


async def test_without_altegio_the_documents_that_need_it_are_reported() -> None:
    world = World(MemoryRepairs("501", "502", local=1), None)

    report = await repair_appointments(world.repair, MemoryValidator(), world.run)

    assert report.fixed == 1
    assert [each["sample"] for each in report.unrepaired.by_reason] == [["501", "502"]]


async def test_an_altegio_out_of_reach_ends_the_requests_and_not_the_repair() -> None:
    world = World(MemoryRepairs("501", local=2), Unreachable([]))

    report = await repair_appointments(world.repair, MemoryValidator(), world.run)

    assert (report.fixed, report.exit_code) == (2, 3)
    assert str(report.out_of_reach).startswith("no answer about 501")
    assert kept(world) == (RUN_ID, 2)


def kept(world: World) -> tuple[object, object]:
    [report] = world.runs.kept
    return report["run_id"], report["fixed"]
