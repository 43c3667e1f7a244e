"""What `validate --fix` does in a real MongoDB, with answers of Altegio from a list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS

from altegio_sync.cli.render_validation import render_validation
from altegio_sync.domain.appointment import Location
from altegio_sync.domain.repair import SchoolZones, Unrepaired
from altegio_sync.domain.validation import RuleContext, ValidationReport
from altegio_sync.errors import AltegioUnavailableError, ConfigError, NotFoundError
from altegio_sync.messages.validation import NO_COMPANY, NO_ZONE
from altegio_sync.mongo.core.indexes import ensure_unique_index, has_unique_index
from altegio_sync.mongo.tending.cleaning import MongoCleaner
from altegio_sync.mongo.tending.repairs import MongoRepairs
from altegio_sync.usecases.asking.plan import RepairRequest
from altegio_sync.usecases.repair import RepairRun
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.zones import LocalZone
from tests.documents import right_document
from tests.fakes import NOW, START, ListSource, booking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.appointment import Booking

Document = dict[str, Any]
NAME = "altegio-appointments"
CONTEXT = RuleContext(NOW)
KYIV = LocalZone(ZoneInfo("Europe/Kyiv"), "of the last run")
UNKNOWN = LocalZone(ZoneInfo("UTC"), "no run yet", is_known=False)
ALMATY_AND_KYIV = {"77": "Europe/Kyiv", "78": "Asia/Almaty"}
#: In Kyiv's summer, so 07:00 in UTC.
LOCAL = "2026-08-21 10:00:00"


class Locations(ListSource):
    """Several locations; each knows its own bookings alone. ``zones`` are by their ids."""

    def __init__(self, zones: Mapping[str, str | None], *bookings: Booking) -> None:
        super().__init__(bookings)
        self.zones = zones
        self.asked_locations: list[str] = []
        self.asked_of: list[tuple[str, str]] = []

    async def fetch_location(self, company_id: str) -> Location:
        self.asked_locations.append(company_id)
        if company_id not in self.zones:
            raise AltegioUnavailableError("no answer")
        return Location(company_id, "Школа", self.zones[company_id])

    async def fetch_booking(self, company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        self.asked_of.append((company_id, appointment_id))
        found = await super().fetch_booking(company_id, appointment_id, zone)
        if found.company_id != company_id:
            raise NotFoundError("404")
        return found


@pytest.fixture
def collection(database: AsyncDatabase[Document]) -> AsyncCollection[Document]:
    return database[NAME]


def stored(appointment_id: str, **changes: object) -> Document:
    """A right document, but for the changes; None takes the field out."""
    whole = right_document(appointment_id, **{"status": "2", **changes})
    return {name: value for name, value in whole.items() if value is not None}


def repair_of(
    database: AsyncDatabase[Document],
    source: Locations | None,
    *,
    local: LocalZone = UNKNOWN,
    companies: Sequence[str] = ("77",),
    timezone: str | None = None,
) -> RepairRun:
    store = MongoRepairs(database, NAME, run_id="r")
    request = RepairRequest(companies, local, timezone)
    return RepairRun(store, source, request, CONTEXT, StopSignal())


async def starts(collection: AsyncCollection[Document]) -> list[object]:
    return [each["startDateTime"] async for each in collection.find(sort=["appointmentId"])]


def utc(hour: int) -> datetime:
    return datetime(2026, 8, 21, hour, tzinfo=UTC)


async def test_a_date_without_a_zone_is_read_in_the_locations_that_it_is_asked_for(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_one(stored("501", startDateTime=LOCAL, endDateTime=utc(8)))
    source = Locations({"77": "Europe/Kyiv"})
    repair = repair_of(database, source)

    failure = await repair.run()

    assert failure is None
    assert await starts(collection) == [utc(7)]
    assert source.asked_locations == ["77"]
    assert repair.zones.to_json() == {"name": "Europe/Kyiv", "source": "the location's own"}


async def test_of_several_companies_each_documents_own_decides_and_else_the_first(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    for number, company_id in enumerate(("77", 78, None, "5")):
        late = stored(f"{number}", startDateTime=LOCAL, endDateTime=utc(8), companyId=company_id)
        await collection.insert_one(late)
    repair = repair_of(database, Locations(ALMATY_AND_KYIV), companies=["77", "78"])

    await repair.run()

    assert await starts(collection) == [utc(7), utc(5), utc(7), utc(7)]
    assert repair.zones.to_json()["by_company"] == ALMATY_AND_KYIV
    shown = render_validation(ValidationReport(4, [], zones=repair.zones))
    assert "zones of the companies: Europe/Kyiv (77), Asia/Almaty (78)" in shown


@pytest.mark.parametrize("source", [None, Locations({})], ids=["offline", "an outage"])
async def test_without_a_location_the_known_zone_is_taken_and_without_one_nothing_is_guessed(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    source: Locations | None,
) -> None:
    old = stored("501", startDateTime=LOCAL, endDateTime=utc(8), createdAt=LOCAL, leadName=" Олена")
    await collection.insert_one(old)

    unknown = repair_of(database, source)
    assert (await unknown.run() is None) is (source is None)
    left = await collection.find_one()
    known = repair_of(database, source, local=KYIV)
    await known.run()

    assert left == old | {"leadName": "Олена"}
    assert unknown.unrepaired.samples[NO_ZONE()] == ["501"]
    assert unknown.zones.first is None
    shown = render_validation(
        ValidationReport(1, [], zones=unknown.zones, unrepaired=unknown.unrepaired)
    )
    assert "No zone is known for dates without a zone: no run yet" in shown
    assert "1 unchanged: a date without a zone, and no zone is known: set ALTEGIO_TIMEZONE" in shown
    assert await starts(collection) == [utc(7)]
    assert NO_ZONE() not in known.unrepaired.counts
    shown = render_validation(ValidationReport(1, [], zones=known.zones))
    assert "Dates without a zone are read in Europe/Kyiv (of the last run)" in shown


async def test_a_configured_zone_is_asked_of_nobody(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_one(stored("501", startDateTime=LOCAL, endDateTime=utc(8)))
    source = Locations({"77": "Asia/Almaty"})
    local = LocalZone(ZoneInfo("Europe/Kyiv"), "ALTEGIO_TIMEZONE")

    await repair_of(database, source, local=local, timezone="Europe/Kyiv").run()

    assert await starts(collection) == [utc(7)]
    assert source.asked_locations == []


@pytest.mark.parametrize("name", [None, "Europe/Nowhere"])
async def test_a_location_without_a_zone_that_is_known_ends_it_before_anything_is_written(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document], name: str | None
) -> None:
    await collection.insert_one(stored("501", startDateTime=LOCAL, leadName=" Олена"))

    with pytest.raises(ConfigError, match="set ALTEGIO_TIMEZONE"):
        await repair_of(database, Locations({"77": name}), local=KYIV).run()

    assert await collection.count_documents({"leadName": " Олена"}) == 1


async def test_a_plan_counts_what_the_run_will_mend_and_asks_for_nothing(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_one(stored("501", startDateTime=LOCAL, endDateTime=utc(8)))
    source = Locations({"77": "Europe/Kyiv"})
    asking, offline = repair_of(database, source), repair_of(database, None)

    plans = [await asking.plan(), await offline.plan()]

    assert [(each.local, each.requests) for each in plans] == [(1, 1), (0, 0)]
    assert source.asked_locations == []
    assert asking.zones.to_json()["source"] == "Altegio will be asked for the location's own"


@pytest.mark.parametrize("empty", [None, ""], ids=["null", "an empty text"])
async def test_empty_ids_keep_the_index_away_until_a_fix_moves_their_documents_to_the_trash(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document], empty: str | None
) -> None:
    without: Document = {"appointmentId": empty, "leadId": "", "startDateTime": None}
    await collection.insert_many([stored("501") | without for _ in range(2)])
    cleaner = MongoCleaner(database, NAME)

    refused = [await ensure_unique_index(collection), (await cleaner.clean(dry_run=False)).no_index]
    await repair_of(database, Locations({"77": "Europe/Kyiv"})).run()

    told = "documents with an empty appointmentId are in the way; altegio-sync validate --fix moves"
    assert [str(each)[: len(told)] for each in refused] == [told, told]
    assert await collection.count_documents({}) == 0
    assert await database["altegio-sync-trash"].count_documents({"removed": True}) == 2
    assert (await cleaner.clean(dry_run=False)).no_index is None
    assert await has_unique_index(collection)


async def test_a_document_without_a_company_is_asked_of_each_in_turn(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    lost = stored("501", companyId=None, status="lost")
    # Days apart, so that pages would take no fewer requests.
    apart = {name: lost[name] + timedelta(days=9) for name in ("startDateTime", "endDateTime")}
    await collection.insert_many([lost, {**lost, "appointmentId": "502", **apart}])
    await collection.insert_one(stored("503", companyId=None, startDateTime=None))
    await collection.insert_one(stored("504", companyId="5", startDateTime=None))
    source = Locations(ALMATY_AND_KYIV, booking("501"), booking("502", company_id="78"))
    repair = repair_of(database, source, companies=["77", "78"])

    plan = await repair.plan()
    failure = await repair.run()

    found = {each["appointmentId"]: each async for each in collection.find()}
    assert failure is None
    assert {key: each["status"] for key, each in found.items() if key != "504"} == {
        "501": "0",
        "502": "0",
    }
    assert [found[each]["companyId"] for each in ("501", "502")] == ["77", "78"]
    # What none of them has is gone; what belongs to a company that was not asked is not.
    assert found.keys() == {"501", "502", "504"}
    assert repair.unrepaired.counts == {NO_COMPANY(): 1}
    assert sorted(source.asked_of) == [
        *(("77", each) for each in ("501", "502", "503")),
        *(("78", each) for each in ("502", "503")),
    ]
    assert plan.asked == 3
    assert plan.unaskable == 1
    assert plan.requests == 3 * 2 + 2


async def test_as_long_as_one_of_the_companies_gives_no_answer_nothing_is_moved_away(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_one(stored("503", companyId=None, startDateTime=None))
    source = Locations({"77": "Europe/Kyiv"})
    repair = repair_of(database, source, companies=["77", "78"], timezone="Europe/Kyiv")

    failure = await repair.run()

    assert isinstance(failure, AltegioUnavailableError)
    assert source.asked_of == [("77", "503")]
    assert await collection.count_documents({}) == 1


async def test_a_list_of_dates_is_on_no_day(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_many([stored("501"), stored("502", startDateTime=[START])])
    store = MongoRepairs(database, NAME, run_id="r")

    counted = await store.count_by_day(START, START, ZoneInfo("UTC"))

    assert counted == {START.date().isoformat(): 1}


async def test_a_date_that_python_cannot_hold_is_asked_for(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    far = DatetimeMS(569_000_000_000_000)  # somewhere in the year 20,000
    await collection.insert_many(
        [stored("501", startDateTime=far), stored("502", startDateTime=far), stored("503")]
    )
    repair = repair_of(database, Locations({"77": "Europe/Kyiv"}, booking("501")))

    assert await repair.run() is None

    lenient = CodecOptions[Any](tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO)
    found = collection.with_options(lenient).find(sort=["appointmentId"])
    left = [each["startDateTime"] async for each in found]
    assert left == [START, far, START]
    assert repair.unrepaired.by_reason == [
        {"reason": "Altegio does not have it", "count": 1, "sample": ["502"]}
    ]


async def test_a_name_of_nothing_but_a_space_that_breaks_no_line_is_asked_for(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_one(stored("501", teacherName="\u00a0"))
    repair = repair_of(database, Locations({"77": "Europe/Kyiv"}, booking("501")))

    assert await repair.run() is None

    [mended] = await collection.find().to_list()
    assert mended["teacherName"] == "Марко Зразок"


async def test_a_repair_is_dated_by_when_it_is_written(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    later = NOW + timedelta(hours=2)
    await collection.insert_one(stored("501", status="lost"))
    store = MongoRepairs(database, NAME, run_id="r", clock=lambda: later)
    request = RepairRequest(("77",), UNKNOWN)
    source = Locations({"77": "Europe/Kyiv"}, booking("501"))

    await RepairRun(store, source, request, CONTEXT, StopSignal()).run()

    [mended] = await collection.find().to_list()
    [entry] = await database["altegio-sync-trash"].find().to_list()
    assert mended["status"] == "0"
    assert mended["updatedAt"] == later
    assert entry["at"] == later


async def test_mending_alone_stops_in_order(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_many([stored(str(number), status=0) for number in range(600)])
    store = MongoRepairs(database, NAME, run_id="r")
    zones = SchoolZones(None, "no run yet")

    await store.repair_locally(CONTEXT, zones, Unrepaired(), should_stop=lambda: True)

    assert await collection.count_documents({"status": "0"}) == 500
