"""The loss of webhooks that `status` shows is the loss that the sandbox made."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import HookFate, HookFaults, School
from tests.acceptance.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli

    Documents = Database[dict[str, Any]]

BOOKINGS = 60
#: Longer than a webhook may take to count as announced.
SPAN = timedelta(minutes=16)
POLLS: dict[str, str | None] = {"ALTEGIO_POLL_EVERY": "1s"}


@pytest.fixture
def school() -> School:
    """Its bookings are older than the first webhook."""
    school = School.empty()
    now = datetime.now(school.zone).replace(microsecond=0, tzinfo=None)
    for number in range(BOOKINGS):
        school.add(school.record(now + timedelta(hours=number), id=501 + number))
    school.let_time_pass(timedelta(hours=3))
    return school


@pytest.fixture
def database(db_uri: str) -> Iterator[Documents]:
    """A school that has had webhooks for an hour."""
    client: MongoClient[dict[str, Any]]
    with MongoClient(db_uri, tz_aware=True) as client:
        database: Documents = client.get_default_database()
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        start = {"collection": "altegio-appointments", "companyId": "77", "first_at": an_hour_ago}
        starts = database["altegio-sync-webhook-starts"]
        starts.insert_one({"_id": "altegio-appointments/77", **start})
        uptime = {"collection": "altegio-appointments", "start": an_hour_ago, "end": an_hour_ago}
        database["altegio-sync-uptimes"].insert_one({"_id": "before", **uptime})
        yield database


def change(school: School, numbers: range) -> None:
    for number in numbers:
        school.change(501 + number, attendance=2, visit_attendance=2)


def count_versions(database: Documents) -> int:
    return database["altegio-sync-versions"].count_documents({})


def await_webhooks(server: SandboxServer, serving: Serving) -> None:
    """Wait until all webhooks are sent that are neither late nor lost."""
    in_time = [each for each in server.hooks.sent if each.planned.fate is HookFate.SENT]
    serving.wait_for(lambda: not any(each.is_open for each in in_time))


def let_time_pass(database: Documents, server: SandboxServer, span: timedelta = SPAN) -> None:
    """Set back all that MongoDB's clock has noted. A receiver that runs has run all the time."""
    running = max(database["altegio-sync-uptimes"].find(), key=lambda each: each["end"])["_id"]
    ago_ms = -span.total_seconds() * 1000

    def set_back(name: str, *fields: str, **query: Any) -> None:
        earlier = {each: {"$add": [f"${each}", ago_ms]} for each in fields}
        database[f"altegio-sync-{name}"].update_many(query, [{"$set": earlier}])

    set_back("notices", "received_at")
    set_back("versions", "at", "check_at")
    set_back("uptimes", "start")
    set_back("uptimes", "end", _id={"$ne": running})
    server.hooks.let_time_pass(span)


def classes_made(server: SandboxServer, received: range) -> Counter[str]:
    """What became of each change, by the sandbox's own notes. ``received``: a receiver ran."""
    fates = {}
    for hook in server.hooks.sent:
        for event in hook.planned.events:
            if event["resource"] == "record":
                fates[event["resource_id"] - 501] = hook.planned.fate
    made: Counter[str] = Counter()
    for number, fate in fates.items():
        if fate is HookFate.LATE:
            made["late"] += 1
        elif number not in received:
            made["receiver_down"] += 1
        else:
            made["lost" if fate is HookFate.LOST else "announced"] += 1
    return made


def test_the_loss_that_is_shown_is_the_loss_that_was_made(
    cli: Cli, server: SandboxServer, school: School, database: Documents
) -> None:
    up, down = range(40), range(40, BOOKINGS)
    server.hooks.faults = HookFaults(loss=0.2, late=0.2, delay_s=0, spread_s=0.5, doubles=0.2)
    with Serving(cli, changes=POLLS) as serving:
        server.hooks.settings.urls = [serving.hook_url]
        serving.wait_for(lambda: database["altegio-sync-uptimes"].count_documents({}) == 2)
        # Stamps of changes are in whole seconds: the receiver must not begin in the same second.
        let_time_pass(database, server, timedelta(seconds=2))
        change(school, up)
        serving.wait_for(lambda: count_versions(database) == len(up))
        await_webhooks(server, serving)
        let_time_pass(database, server)
        serving.wait_for(lambda: server.hooks.is_quiet)
    change(school, down)
    with Serving(cli, changes=POLLS) as serving:
        await_webhooks(server, serving)  # at the old address, where nobody is
        server.hooks.settings.urls = [serving.hook_url]
        serving.wait_for(lambda: count_versions(database) == BOOKINGS)
        let_time_pass(database, server)
        serving.wait_for(lambda: server.hooks.is_quiet)
    # Changes are classified at the start, and then each minute.
    with Serving(cli, changes=POLLS) as serving:
        serving.wait_for(
            lambda: not database["altegio-sync-versions"].count_documents({"class": "open"})
        )
        shown = cli.run("status", "--json").json["webhooks"]["total"]

    made = classes_made(server, up)
    names = ("announced", "late", "lost", "receiver_down")
    assert {name: shown[name] for name in names} == made
    assert all(made[name] for name in names)
    assert shown["unclassified"] == 0
    changes = made["announced"] + made["late"] + made["lost"]
    assert shown["loss"] == round(made["lost"] / changes, 4)
