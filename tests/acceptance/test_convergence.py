"""`serve` and a school whose webhooks go wrong: MongoDB becomes what the school is."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import HookFate, HookFaults, School, SchoolLife
from tests.acceptance.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.collection import Collection

    from altegio_sync.sandbox import SandboxServer
    from altegio_sync.sandbox.changes import SchoolChange
    from tests.acceptance.cli import Cli

    Document = dict[str, Any]

#: Everything at once, in the time that a test has.
MESS = HookFaults(loss=0.25, late=0.1, late_s=1, delay_s=0, spread_s=1, bursts=0.3, doubles=0.3)
#: Fields about the document, not about the booking.
OWN = ("_id", "createdAt", "updatedAt")


@pytest.fixture
def school() -> School:
    return School.empty()


@pytest.fixture
def stored(db_uri: str) -> Iterator[Collection[Document]]:
    client: MongoClient[Document]
    with MongoClient(db_uri, tz_aware=True) as client:
        yield client.get_default_database()["altegio-appointments"]


class History:
    """Every state that each booking of the school has had, as the document to store."""

    def __init__(self, school: School) -> None:
        self._school = school
        self.states: dict[str, list[Document]] = defaultdict(list)
        school.listeners.append(self._note)

    def _note(self, change: SchoolChange) -> None:
        self.states[str(change.record_id)].append(_to_document(self._school, change.after))

    @property
    def now(self) -> dict[str, Document]:
        """What must be stored now, by the id."""
        return {booking: states[-1] for booking, states in self.states.items()}


def _to_document(school: School, record: Document) -> Document:
    [service], client, staff = record["services"], record["client"], record["staff"]
    lead_name, _, lead_id = client["name"].rpartition(" ")
    starts_at = datetime.fromisoformat(record["datetime"]).astimezone(UTC)
    return {
        "appointmentId": str(record["id"]),
        "companyId": school.company_id,
        "leadId": lead_id,
        "leadName": lead_name,
        "teacherId": str(staff["id"]),
        "teacherName": staff["name"],
        "serviceId": str(service["id"]),
        "serviceName": service["title"],
        "startDateTime": starts_at,
        "endDateTime": starts_at + timedelta(seconds=record["seance_length"]),
        "status": str(record["attendance"]),
        "IsTrial": str(service["id"]) in school.trial_service_ids,
        "isDeleted": record["deleted"],
        "altegioUpdatedAt": datetime.fromisoformat(record["last_change_date"]).astimezone(UTC),
    }


def found_in(stored: Collection[Document]) -> dict[str, Document]:
    documents = [
        {name: value for name, value in each.items() if name not in OWN} for each in stored.find()
    ]
    found = {each["appointmentId"]: each for each in documents}
    assert len(found) == len(documents)
    return found


def last_announced(server: SandboxServer) -> set[str]:
    """The bookings of whose last change a webhook was sent."""
    fates: dict[str, HookFate] = {}
    for hook in server.hooks.sent:
        for event in hook.planned.events:
            if event["resource"] == "record":
                fates[str(event["resource_id"])] = hook.planned.fate
    return {booking for booking, fate in fates.items() if fate is not HookFate.LOST}


def live(server: SandboxServer, steps: int, seed: int) -> None:
    life = SchoolLife(server.locations, seed=seed)
    for _ in range(steps):
        life.step()


def test_what_is_announced_arrives_by_itself_and_a_poll_brings_the_rest(
    cli: Cli, server: SandboxServer, school: School, stored: Collection[Document]
) -> None:
    history = History(school)
    server.hooks.faults = MESS
    with Serving(cli, ("--no-poll",)) as serving:
        server.hooks.settings.urls = [serving.hook_url]
        live(server, 80, seed=1)
        expected, announced = history.now, last_announced(server)
        assert 0 < len(announced) < len(expected)

        def is_announced_stored() -> bool:
            found = found_in(stored)
            return all(found.get(each) == expected[each] for each in announced)

        serving.wait_for(is_announced_stored)
        # What was lost may be old or missing, never wrong.
        assert all(each in history.states[key] for key, each in found_in(stored).items())
        serving.kill()
    live(server, 20, seed=2)  # nobody receives these
    with Serving(cli, changes={"ALTEGIO_POLL_EVERY": "1s"}) as serving:
        server.hooks.settings.urls = [serving.hook_url]
        live(server, 20, seed=3)
        serving.wait_for(lambda: found_in(stored) == history.now)
