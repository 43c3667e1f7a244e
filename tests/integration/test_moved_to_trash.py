"""Which documents `validate --fix` moves to the trash: those that Altegio certainly lacks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.appointment import Location
from altegio_sync.domain.validation import RuleContext, ValidationReport
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioUnavailableError,
    NotFoundError,
)
from altegio_sync.messages.validation import NOT_THERE_EITHER, OVERTAKEN
from altegio_sync.mongo.tending.repairs import MongoRepairs
from altegio_sync.mongo.tending.undo import MongoTrash
from altegio_sync.usecases.asking.plan import RepairRequest
from altegio_sync.usecases.repair import RepairRun
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.zones import LocalZone
from tests.documents import right_document
from tests.fakes import NOW, START, ListSource, booking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import Page, PageQuery

Document = dict[str, Any]
NAME = "altegio-appointments"
KYIV = LocalZone(ZoneInfo("Europe/Kyiv"), "of the last run")


def stored(appointment_id: object, **changes: object) -> Document:
    """A right document, but for the changes; None takes the field out."""
    whole = right_document(appointment_id, **changes)
    return {name: value for name, value in whole.items() if value is not None}


class Altegio(ListSource):
    """Knows ``unlisted`` bookings by id alone, ``hidden`` ones in its list alone."""

    def __init__(
        self, *bookings: Booking, hidden: Sequence[str] = (), error: AltegioError | None = None
    ) -> None:
        super().__init__(bookings)
        self.hidden = hidden
        self.error = error
        self.locations = 0

    async def fetch_location(self, company_id: str) -> Location:
        self.locations += 1
        if self.error is not None and self.locations > 1:
            raise self.error
        return await super().fetch_location(company_id)

    async def fetch_booking(self, company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        if appointment_id in self.hidden:
            raise NotFoundError("404")
        return await super().fetch_booking(company_id, appointment_id, zone)


class WithoutTheList(Altegio):
    """Refuses every page."""

    async def fetch_page(self, query: PageQuery) -> Page:
        raise AltegioRejectedError(f"422 for page {query.page}")


class Unsettled(Altegio):
    """Announces more than it lists, whatever is asked."""

    def __init__(self, *bookings: Booking) -> None:
        super().__init__(*bookings)
        self._total = lambda length: length + 1


async def fix(
    database: AsyncDatabase[Document], source: ListSource | None
) -> tuple[RepairRun, AltegioError | None]:
    store = MongoRepairs(database, NAME, run_id="r", clock=lambda: NOW)
    request = RepairRequest(("77",), KYIV, "Europe/Kyiv")
    repair = RepairRun(store, source, request, RuleContext(NOW), StopSignal())
    return repair, await repair.run()


async def ids_left(database: AsyncDatabase[Document]) -> list[object]:
    return [each.get("appointmentId") async for each in database[NAME].find(sort=["appointmentId"])]


@pytest.mark.parametrize(
    "changes",
    [
        {"leadId": None},
        {"leadId": ""},
        {"leadId": "  "},
        {"startDateTime": None},
        {"endDateTime": ""},
        {"startDateTime": None, "endDateTime": None},
    ],
    ids=str,
)
async def test_a_lesson_without_lead_or_date_that_is_gone_is_moved(
    database: AsyncDatabase[Document], changes: Document
) -> None:
    broken = stored("501", **changes)
    await database[NAME].insert_one(broken)

    repair, failure = await fix(database, Altegio())

    assert failure is None
    assert await ids_left(database) == []
    undone = await MongoTrash(database).undo("r")
    assert undone is not None
    assert await database[NAME].find_one({"appointmentId": "501"}) is not None
    assert repair.unrepaired.counts == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"teacherId": ""},
        {"teacherName": None},
        {"serviceId": None, "serviceName": None},
        {"leadName": ""},
        {"status": "lost"},
        {"status": None},
        {"isDeleted": None},
        {"leadId": "12a"},
        {"startDateTime": "soon"},
    ],
    ids=str,
)
async def test_a_lesson_that_lacks_something_else_stays_although_it_is_gone(
    database: AsyncDatabase[Document], changes: Document
) -> None:
    await database[NAME].insert_one(stored("501", **changes))

    repair, _ = await fix(database, Altegio())

    assert await ids_left(database) == ["501"]
    assert await database["altegio-sync-trash"].count_documents({"removed": True}) == 0
    assert repair.unrepaired.errors == []


@pytest.mark.parametrize(
    "changes",
    [
        {"appointmentId": "00501"},
        {"companyId": ["88"]},
        {"companyId": " 88"},
        {"companyId": {"$gt": ""}},
    ],
    ids=str,
)
async def test_what_may_be_known_under_another_id_or_company_stays(
    database: AsyncDatabase[Document], changes: Document
) -> None:
    await database[NAME].insert_one(stored("501", **{"leadId": "", **changes}))

    await fix(database, Altegio())

    assert len(await ids_left(database)) == 1


async def test_a_held_lesson_whose_pupil_lost_the_id_stays_and_is_told(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_many([stored("501", leadId=""), stored("502")])
    known = replace(booking("501"), lead=None)

    repair, _ = await fix(database, Altegio(known))

    assert await ids_left(database) == ["501", "502"]
    assert repair.unrepaired.samples == {NOT_THERE_EITHER(): ["501"]}


async def test_what_the_list_of_its_day_contains_is_not_gone_and_is_mended(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_one(stored("501", leadId=""))

    await fix(database, Altegio(booking("501"), hidden=["501"]))

    found = await database[NAME].find_one({"appointmentId": "501"})
    assert found is not None
    assert found["leadId"] == "12345"


@pytest.mark.parametrize("source", [Unsettled(), WithoutTheList()], ids=["unsettled", "refused"])
async def test_without_a_whole_list_of_its_day_nothing_is_certain(
    database: AsyncDatabase[Document], source: Altegio
) -> None:
    await database[NAME].insert_one(stored("501", leadId=""))

    repair, _ = await fix(database, source)

    assert await ids_left(database) == ["501"]
    assert sum(repair.unrepaired.counts.values()) == 1


async def test_an_outage_after_the_answers_moves_nothing(database: AsyncDatabase[Document]) -> None:
    await database[NAME].insert_many([stored("501", leadId=""), {"_id": "nothing"}])

    repair, failure = await fix(database, Altegio(error=AltegioUnavailableError("no answer")))

    assert isinstance(failure, AltegioUnavailableError)
    assert await database[NAME].count_documents({}) == 2
    assert list(repair.unrepaired.samples.values()) == [["501", "_id nothing"]]


async def test_offline_nothing_is_moved(database: AsyncDatabase[Document]) -> None:
    await database[NAME].insert_many([stored("501", leadId=""), {"_id": "nothing"}])

    await fix(database, None)

    assert await database[NAME].count_documents({}) == 2


NOTHING = {"appointmentId": None, "leadId": None, "startDateTime": None}


@pytest.mark.parametrize(
    ("changes", "is_moved"),
    [
        (NOTHING, True),
        ({**NOTHING, "leadName": None, "endDateTime": None}, True),
        ({**NOTHING, "leadId": "12345"}, False),
        ({**NOTHING, "startDateTime": START}, False),
        ({**NOTHING, "startDateTime": "soon"}, False),
        ({**NOTHING, "appointmentId": ["501"]}, False),
        ({**NOTHING, "appointmentId": {"$gt": 1}}, False),
    ],
)
async def test_what_has_neither_id_nor_lead_nor_start_is_moved(
    database: AsyncDatabase[Document], changes: Document, *, is_moved: bool
) -> None:
    await database[NAME].insert_one(stored("501", **changes))

    await fix(database, Altegio())

    assert await database[NAME].count_documents({}) == (0 if is_moved else 1)


@pytest.mark.parametrize(
    ("gone", "requested", "moved"), [(20, 20, 20), (21, 21, 0), (21, 420, 21), (21, 419, 0)]
)
async def test_many_at_once_are_not_moved(
    database: AsyncDatabase[Document], gone: int, requested: int, moved: int
) -> None:
    lost = [stored(str(1000 + n), leadId="") for n in range(gone)]
    known = [str(5000 + n) for n in range(requested - gone)]
    await database[NAME].insert_many(lost + [stored(each, status="x") for each in known])

    repair, failure = await fix(database, Altegio(*(booking(each) for each in known)))

    assert failure is None
    assert await database[NAME].count_documents({}) == requested - moved
    codes = [each.code for each in repair.unrepaired.errors]
    assert codes == ([] if moved else ["mass_removal"])
    report = ValidationReport(0, [], unrepaired=repair.unrepaired)
    assert report.exit_code == (0 if moved else 1)


async def test_a_document_that_was_mended_meanwhile_is_not_moved(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_one(stored("501", leadId=""))

    class Mends(Altegio):
        async def fetch_page(self, query: PageQuery) -> Page:
            await database[NAME].update_one({}, {"$set": {"leadId": "777"}})
            return await super().fetch_page(query)

    repair, _ = await fix(database, Mends())

    assert await ids_left(database) == ["501"]
    assert repair.unrepaired.counts == {OVERTAKEN(): 1}
