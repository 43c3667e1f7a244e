"""The stored locations: titles and zones, and whether the user still sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.appointment import Location
from altegio_sync.domain.locations import StoredLocation, find_missing
from altegio_sync.mongo.bookkeeping.locations import LOCATIONS_COLLECTION, MongoLocations

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
LATER = AT + timedelta(days=1)
KYIV = Location("77", "Головна", "Europe/Kyiv", "Київ")
WARSAW = Location("78", "Друга", "Europe/Warsaw", "Варшава")


async def test_a_list_is_stored_with_titles_zones_and_cities(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    locations = MongoLocations(database, "lessons")

    await locations.write_list([KYIV, WARSAW], [], AT)

    stored = await locations.find_all()
    assert stored == {
        "77": StoredLocation("77", "Головна", "Europe/Kyiv", "Київ", AT, AT, None),
        "78": StoredLocation("78", "Друга", "Europe/Warsaw", "Варшава", AT, AT, None),
    }
    assert await MongoLocations(database, "others").find_all() == {}


async def test_a_location_is_missing_from_its_first_absence_on_until_it_is_listed_again(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    locations = MongoLocations(database, "lessons")
    await locations.write_list([KYIV, WARSAW], [], AT)

    for day in (1, 2):
        await locations.write_list([KYIV], ["78"], AT + timedelta(days=day))
    missing = await locations.find_all()
    await locations.write_list([KYIV, WARSAW], [], AT + timedelta(days=3))
    found = await locations.find_all()

    assert missing["78"].missing_since == LATER
    assert [each.id for each in find_missing(missing.values(), ["77"])] == ["78"]
    assert not missing["78"].is_listed
    assert missing["77"].is_listed
    assert found["78"].is_listed


async def test_a_missing_location_can_be_forgotten(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    locations = MongoLocations(database, "lessons")
    await locations.write_list([KYIV, WARSAW], [], AT)
    await locations.write_list([KYIV], ["78"], LATER)

    await locations.forget_missing(["77", "78", "79"])
    stored = await locations.find_all()

    assert find_missing(stored.values(), ["77"]) == ()
    assert stored["77"].is_listed
    assert stored["78"].title == "Друга"


async def test_a_location_that_was_only_fetched_is_neither_listed_nor_missing(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    locations = MongoLocations(database, "lessons")

    await locations.write_fetched([KYIV], AT)

    stored = await locations.find_all()
    assert stored["77"].fetched_at == AT
    assert not stored["77"].is_listed
    assert find_missing(stored.values(), []) == ()


async def test_documents_that_others_wrote_are_passed_over(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    told: list[object] = []
    locations = MongoLocations(database, "lessons", on_junk=lambda *each: told.append(each))
    await locations.write_list([KYIV], [], AT)
    odd = {"collection": "lessons", "companyId": "79"}
    await database[LOCATIONS_COLLECTION].insert_many(
        [
            {"_id": 1, "collection": "lessons"},
            {"_id": 2, **odd, "title": 5},
            {"_id": 3, **odd, "listed_at": "yesterday"},
            {"_id": 5, "collection": "lessons", "companyId": "kyiv", "listed_at": AT},
            {"_id": 4, **odd, "listed_at": datetime(2999, 1, 1, tzinfo=UTC)},
        ]
    )

    assert set(await locations.find_all()) == {"77"}
    assert told == [(LOCATIONS_COLLECTION, number) for number in (1, 2, 3, 5, 4)]


async def test_a_list_that_names_no_zone_leaves_the_stored_zone(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    locations = MongoLocations(database, "lessons")
    await locations.write_fetched([KYIV], AT)

    await locations.write_list([Location("77", "Головна", None, "Київ")], [], LATER)

    stored = (await locations.find_all())["77"]
    assert (stored.timezone, stored.fetched_at, stored.listed_at) == ("Europe/Kyiv", AT, LATER)
