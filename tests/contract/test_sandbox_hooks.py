"""The sandbox sends webhooks as Altegio does, and knows what it sent and what it lost."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.sandbox import (
    HookFate,
    HookFaults,
    HookSender,
    Locations,
    SandboxServer,
    School,
    SchoolLife,
)
from altegio_sync.sandbox.hook_bodies import webhook_record
from altegio_sync.sandbox.hook_plan import plan_deliveries
from tests.acceptance.ping_server import PingServer
from tests.contract.conftest import TODAY, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from altegio_sync.sandbox.changes import SchoolChange

Body = dict[str, Any]

EXAMPLES = Path(__file__).parent / "examples"
AT = datetime(2026, 6, 15, 10)  # noqa: DTZ001 - local, as the API writes it
LATER = datetime(2026, 6, 16, 12)  # noqa: DTZ001
AT_ONCE = HookFaults(delay_s=0)
TODAY_AT_NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[PingServer]:
    with PingServer() as running:
        yield running


@pytest.fixture
def hooks(own_server: SandboxServer, receiver: PingServer) -> HookSender:
    """A sender without delay and faults."""
    own_server.hooks.settings.urls = [receiver.url]
    own_server.hooks.faults = AT_ONCE
    return own_server.hooks


def await_quiet(hooks: HookSender) -> None:
    """Wait until every webhook has its answer."""
    until = time.monotonic() + 60
    while not hooks.is_quiet:
        assert time.monotonic() < until
        time.sleep(0.005)


def events_of(receiver: PingServer) -> list[Body]:
    """Every event that arrived, also those that came in a list."""
    bodies = [each.body for each in receiver.pings]
    return [event for body in bodies for event in (body if isinstance(body, list) else [body])]


def book(school: School, count: int = 1) -> list[int]:
    bodies = [school.record(AT) for _ in range(count)]
    for body in bodies:
        school.add(body)
    return [body["id"] for body in bodies]


def changes_of(count: int = 400) -> list[SchoolChange]:
    """Bookings that are made, moved, attended and cancelled."""
    school = School.empty()
    changes: list[SchoolChange] = []
    school.listeners.append(changes.append)
    for record_id in book(school, count // 4):
        school.move(record_id, LATER)
        school.change(record_id, attendance=1, visit_attendance=1)
        school.change(record_id, deleted=True)
    return changes


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
def test_the_data_of_a_webhook_have_the_keys_of_the_example_in_their_order(kind: str) -> None:
    shown = json.loads((EXAMPLES / f"webhook-record-{kind}.json").read_text(encoding="utf-8"))

    data = webhook_record(School.empty().record(AT))

    assert list(data) == list(shown["data"])
    for part in ("client", "staff"):
        assert list(data[part]) == list(shown["data"][part])
    types = {key: type(value) for key, value in data.items()}
    assert types == {key: type(value) for key, value in shown["data"].items()}


def test_each_change_is_announced_once_and_names_its_booking(
    own_school: School, hooks: HookSender, receiver: PingServer
) -> None:
    (record_id,) = book(own_school)
    own_school.move(record_id, LATER)
    own_school.change(record_id, deleted=True)
    own_school.remove(record_id)
    await_quiet(hooks)

    events = [each for each in events_of(receiver) if each["resource"] == "record"]
    assert [list(each) for each in events] == [
        ["company_id", "resource", "resource_id", "status", "data"]
    ] * 4
    assert {(each["company_id"], each["resource_id"]) for each in events} == {(77, record_id)}
    assert {each.status for each in hooks.sent} == {200}


def test_of_a_long_time_only_the_last_webhooks_and_requests_are_kept() -> None:
    school = School.empty()
    server = SandboxServer(school, hooks=HookSender(["http://127.0.0.1:9"], HookFaults(loss=1)))
    server.most_kept = server.hooks.most_kept = 10
    book(school, 50)
    with server, client_of(server) as client:
        for _ in range(50):
            client.get("companies")

    assert 10 <= len(server.requests) <= 20
    # One change may be announced by several webhooks.
    assert 10 <= len(server.hooks.sent) <= 30


def test_events_have_all_the_forms_that_have_been_seen() -> None:
    changes = changes_of()

    plans = [plan_deliveries(each, AT_ONCE, random.Random(n)) for n, each in enumerate(changes)]

    planned = [each for plan in plans for each in plan]
    events = [event for each in planned for event in each.events]
    kinds = Counter((each["resource"], each["status"]) for each in events)
    assert kinds.keys() == {
        *(("record", kind) for kind in ("create", "update", "delete")),
        ("client", "update"),
        ("finances_operation", "create"),
        ("schedule", "update"),
    }
    assert {type(each.content) for each in planned} == {dict, list}
    assert {each["data"] == [] for each in events if each["resource"] == "schedule"} == {True}
    records = [each["data"] for each in events if each["resource"] == "record"]
    assert {"id" in each for each in records} == {True, False}
    # A booking that was made arrives as an update too, and so does a cancelled booking.
    assert 0 < kinds["record", "create"] < 100
    assert 0 < kinds["record", "delete"] < 100
    deletions = [each for each in events if each["status"] == "delete"]
    assert {each["data"]["deleted"] for each in deletions} == {True, False}


def test_the_same_seed_decides_the_same_whatever_happens_to_other_bookings() -> None:
    faults = HookFaults(loss=0.3, late=0.2, delay_s=900, spread_s=5, bursts=0.3, doubles=0.3)
    changes = changes_of(100)

    def decided(seed: int, order: list[SchoolChange]) -> dict[int, list[tuple[HookFate, float]]]:
        sender = HookSender(["http://127.0.0.1:9/"], faults, seed=seed)
        found: dict[int, list[tuple[HookFate, float]]] = {}
        for change in order:
            before = len(sender.sent)
            sender.announce(change)
            planned = [each.planned for each in sender.sent[before:]]
            found.setdefault(change.record_id, []).extend((e.fate, e.wait_s) for e in planned)
        sender.close()  # nothing was sent: it was not time yet
        return found

    by_booking = sorted(changes, key=lambda change: change.record_id, reverse=True)
    assert decided(1, changes) == decided(1, by_booking)
    assert decided(1, changes) != decided(2, changes)


def test_shares_are_those_of_the_switches() -> None:
    changes = changes_of(2000)
    faults = HookFaults(loss=0.03, late=0.1, bursts=0.2, doubles=0.1, delay_s=5, spread_s=10)

    plans = [plan_deliveries(each, faults, random.Random(n)) for n, each in enumerate(changes)]

    fates = Counter(plan[0].fate for plan in plans)
    assert 40 <= fates[HookFate.LOST] <= 80
    assert 150 <= fates[HookFate.LATE] <= 250
    # What is lost is lost with everything that belongs to it.
    assert {len(plan) for plan in plans if plan[0].fate is HookFate.LOST} == {1}
    waits = {fate: [e.wait_s for plan in plans for e in plan if e.fate is fate] for fate in fates}
    assert all(5 <= wait <= 17 for wait in waits[HookFate.SENT])
    assert all(905 <= wait <= 917 for wait in waits[HookFate.LATE])
    assert max(waits[HookFate.SENT]) - min(waits[HookFate.SENT]) > 9


def test_a_burst_is_up_to_five_webhooks_of_one_booking() -> None:
    changes = changes_of(1000)

    plans = [
        plan_deliveries(each, HookFaults(bursts=0.2), random.Random(n))
        for n, each in enumerate(changes)
    ]

    records = [
        sum(e["resource"] == "record" for each in plan for e in each.events) for plan in plans
    ]
    assert set(records) == {1, 3, 4, 5}
    assert 150 <= sum(count > 1 for count in records) <= 250


def test_what_is_lost_never_arrives_and_what_is_doubled_arrives_twice(
    own_school: School, hooks: HookSender, receiver: PingServer
) -> None:
    hooks.faults = HookFaults(loss=0.2, doubles=0.2, delay_s=0, spread_s=0.2)
    ids = book(own_school, 60)
    await_quiet(hooks)

    lost = {
        each.planned.events[0]["resource_id"]
        for each in hooks.sent
        if each.planned.fate is HookFate.LOST
    }
    arrived = [each["resource_id"] for each in events_of(receiver) if each["resource"] == "record"]
    assert 0 < len(lost) < 30
    assert set(arrived) == set(ids) - lost
    assert max(Counter(arrived).values()) > 1
    first_seen = list(dict.fromkeys(arrived))
    assert first_seen != sorted(first_seen)


def test_a_webhook_that_is_refused_or_not_answered_is_never_repeated(
    own_school: School, hooks: HookSender, receiver: PingServer
) -> None:
    hooks.settings.switches["client"] = 0
    receiver.status = 503
    book(own_school)
    await_quiet(hooks)
    hooks.settings.urls = ["http://127.0.0.1:9/hooks"]
    book(own_school)
    await_quiet(hooks)

    assert [each.status for each in hooks.sent] == [503, None]
    assert len(receiver.pings) == 1


def test_an_answer_that_takes_too_long_counts_as_none(receiver: PingServer) -> None:
    receiver.delay_s = 1
    hooks = HookSender([receiver.url], AT_ONCE, answered_within_s=0.05)
    school = School.empty()
    school.listeners.append(hooks.announce)
    book(school)
    await_quiet(hooks)
    hooks.close()

    assert {each.status for each in hooks.sent} == {None}


def test_what_is_late_is_sent_when_its_time_has_passed(
    own_school: School, hooks: HookSender, receiver: PingServer
) -> None:
    hooks.faults = HookFaults(late=1, delay_s=0)
    book(own_school)
    hooks.faults = AT_ONCE
    book(own_school)
    while not receiver.pings:  # the late webhook began to wait before this
        time.sleep(0.005)
    hooks.let_time_pass(timedelta(minutes=14))
    was_quiet = hooks.is_quiet
    hooks.let_time_pass(timedelta(minutes=2))
    await_quiet(hooks)

    assert not was_quiet
    assert {each.status for each in hooks.sent if each.planned.fate is HookFate.LATE} == {200}


def test_several_addresses_get_the_same_and_only_what_is_ticked(
    own_school: School, hooks: HookSender, receiver: PingServer
) -> None:
    hooks.settings.switches |= {"client": 0, "schedule": 0}
    with PingServer() as other:
        hooks.settings.urls = [receiver.url, other.url]
        book(own_school, 3)
        await_quiet(hooks)
        hooks.settings.switches["record"] = 0
        book(own_school, 3)
        hooks.settings.switches |= {"active": 0, "record": 1}
        book(own_school, 3)
        await_quiet(hooks)

        def sorted_bodies(server: PingServer) -> list[str]:
            return sorted(json.dumps(each.body) for each in server.pings)

        assert sorted_bodies(receiver) == sorted_bodies(other)
    assert len(receiver.pings) == 3
    assert len(hooks.sent) == 6


def test_the_settings_have_the_documented_form(
    own_altegio: httpx2.Client, hooks: HookSender
) -> None:
    answer = own_altegio.get("hooks_settings/77").json()
    hooks.settings.shows_each_address = True
    by_address = own_altegio.get("hooks_settings/77/").json()["data"]["url_settings"]
    hooks.settings.denied.add("77")
    refused = own_altegio.get("hooks_settings/77")

    goods = [f"goods_operations_{each}" for each in ("sale", "receipt", "consumable", "stolen")]
    assert list(answer["data"]) == [
        *("urls", "active", "salon", "service_category", "service", "good", "master", "client"),
        *("record", *goods, "goods_operations_move", "finances_operation"),
    ]
    assert answer["meta"] == []
    assert [(each["url"], each["record"]) for each in by_address] == [
        (url, 1) for url in hooks.settings.urls
    ]
    assert refused.status_code == 403


def control_of(server: SandboxServer) -> httpx2.Client:
    client = client_of(server)
    client.base_url = server.url.replace("/api/v1", "/sandbox/")
    return client


def test_a_booking_is_made_moved_cancelled_and_removed_over_http(
    own_server: SandboxServer, own_school: School, hooks: HookSender
) -> None:
    with control_of(own_server) as control:
        made = control.post("records/77", json={"date": str(AT), "client": "Проба 4321"})
        record = f"records/77/{made.json()['id']}"
        moved = control.patch(record, json={"date": str(LATER), "attendance": 2})
        deleted = control.patch(record, json={"deleted": True})
        removed = control.delete(record)
        await_quiet(hooks)
        sent = control.get("hooks").json()["hooks"]

    assert made.status_code == 201
    assert made.json()["client"]["name"] == "Проба 4321"
    assert (moved.json()["date"], moved.json()["attendance"]) == (str(LATER), 2)
    assert moved.json()["datetime"] == "2026-06-16T12:00:00+03:00"
    assert deleted.json()["deleted"] is True
    assert removed.status_code == 204
    assert own_school.get(made.json()["id"]) is None
    assert {each["status"] for each in sent} == {200}
    events = [event for each in sent for event in each["events"] if event["resource"] == "record"]
    assert len(events) == 4
    assert list(events[0]) == [
        *("company_id", "resource", "resource_id", "status", "last_change_date")
    ]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("records/77/5", {"date": str(AT)}, 404),
        ("records/4040/5", {}, 404),
        ("records/77/5", {"date": "tomorrow"}, 422),
        ("records/77/5", {"date": 1}, 422),
        ("records/77/5", [], 422),
    ],
    ids=["no-booking", "no-location", "no-date", "a-number", "a-list"],
)
def test_a_wrong_request_of_the_control_is_explained(
    own_server: SandboxServer, path: str, body: Any, status: int
) -> None:
    with control_of(own_server) as control:
        answer = control.patch(path, json=body)

    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_school_lives_the_same_way_for_the_same_seed() -> None:
    def lived(seed: int) -> list[tuple[str, int, str, bool, int]]:
        locations = Locations.made_up(3, today=TODAY, clock=lambda: TODAY_AT_NOON)
        changes: list[SchoolChange] = []
        locations.listen(changes.append)
        life = SchoolLife(locations, seed=seed)
        for _ in range(60):
            life.step()
        return [
            (
                e.company_id,
                e.record_id,
                *(e.after[key] for key in ("date", "deleted", "attendance")),
            )
            for e in changes
        ]

    first = lived(1)
    assert first == lived(1)
    assert first != lived(2)
    assert len(first) == 60
    assert len({each[0] for each in first}) == 3
    assert {each[3] for each in first} == {True, False}
    # Nobody has come to a lesson that has not begun.
    assert {each[4] for each in first} == {0, 1, 2}
    assert max(each[2] for each in first if each[4] == 1) < "2026-06-15 15"
