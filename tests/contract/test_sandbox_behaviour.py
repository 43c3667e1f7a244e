"""The sandbox answers as the API does: who may ask, which records, in what order, how it fails.

Plain requests only; what is asked here is what has been documented or seen of the real one.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from altegio_sync.sandbox import Fault, SandboxServer, School
from tests.contract.conftest import TODAY, client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from altegio_sync.sandbox import PlantedRecord

Body = dict[str, Any]

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
SPAN: dict[str, Any] = {"start_date": str(FIRST), "end_date": str(LAST)}
MONTH: dict[str, Any] = {**SPAN, "with_deleted": 1}
LIMIT = "Превышен лимит запросов, попробуйте повторить запрос через {} секунд."
KYIV = ZoneInfo("Europe/Kyiv")
UNREADABLE = "0000-00-00 00:00:00"


def page_of(client: httpx2.Client, params: Mapping[str, Any]) -> Body:
    answer = client.get("records/77", params={"count": 1000, **params})
    assert answer.status_code == 200
    body: Body = answer.json()
    assert body["success"] is True
    return body


def ids_of(client: httpx2.Client, **params: Any) -> list[int]:
    """The ids on the first page, deleted ones among them unless told otherwise."""
    return [int(row["id"]) for row in page_of(client, {"with_deleted": 1, **params})["data"]]


def local(number: int, hour: int, minute: int = 0, second: int = 0, *, month: int = 6) -> datetime:
    """A local time of 2026, in June unless told otherwise."""
    return datetime(2026, month, number, hour, minute, second)  # noqa: DTZ001 - as the API writes it


def day(text: str) -> dict[str, str]:
    return {"start_date": text, "end_date": text}


@contextmanager
def serving(school: School, **options: Any) -> Iterator[httpx2.Client]:
    """A server with options of its own; no limits unless they are among them."""
    unlimited = {"requests_per_second": 0, "requests_per_minute": 0}
    with SandboxServer(school, **(unlimited | options)) as server, client_of(server) as client:
        yield client


@pytest.fixture
def planted(school: School) -> list[PlantedRecord]:
    return school.planted(FIRST, LAST)


# Who may ask


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer sandbox-partner-token",
        "Bearer sandbox-partner-token, sandbox-user-token",
        "Bearer wrong, User sandbox-user-token",
        "Bearer sandbox-partner-token, User wrong",
    ],
    ids=["none", "no-user", "no-word", "wrong-partner", "wrong-user"],
)
@pytest.mark.parametrize("path", ["records/77", "company/77", "record/77/1", "companies"])
def test_without_both_tokens_nothing_is_told(
    altegio: httpx2.Client, path: str, authorization: str | None
) -> None:
    request = altegio.build_request("GET", path)
    del request.headers["Authorization"]
    if authorization is not None:
        request.headers["Authorization"] = authorization

    answer = altegio.send(request)

    assert answer.status_code == 401
    assert answer.json()["success"] is False
    assert answer.json()["data"] is None


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/vnd.api.v1+json"])
def test_a_request_must_accept_the_second_version(altegio: httpx2.Client, accept: str) -> None:
    answer = altegio.get("records/77", headers={"Accept": accept})

    assert answer.status_code == 400
    assert "Accept" in answer.json()["meta"]["message"]


@pytest.mark.parametrize("brand", ["api", "yclients"])
def test_both_brands_name_the_version_in_their_own_way(altegio: httpx2.Client, brand: str) -> None:
    accept = f"application/vnd.{brand}.v2+json"

    answer = altegio.get("company/77", headers={"Accept": accept})

    assert answer.status_code == 200


@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_a_location_that_is_not_there_is_named(altegio: httpx2.Client, slash: str) -> None:
    answer = altegio.get(f"company/4040{slash}")

    assert answer.status_code == 404
    assert answer.json()["meta"] == {"message": "No location with identifier 4040 found"}


@pytest.mark.parametrize(
    "path", ["records/4040", "record/4040/1", "company/4040/staff", "staff/4040", "services/4040"]
)
def test_what_belongs_to_another_location_is_denied(altegio: httpx2.Client, path: str) -> None:
    answer = altegio.get(path)

    assert answer.status_code == 403
    assert answer.json()["meta"] == {"message": "Access denied."}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "-1"),
        ("page", "two"),
        ("page", "１"),
        ("count", "0"),
        ("count", "1.5"),
        ("start_date", "01.06.2026"),
        ("start_date", "2026-02-30"),
        ("end_date", "2026-6-1"),
        ("end_date", ""),
        ("c_start_date", "20260601"),
        ("c_end_date", "soon"),
        ("changed_after", "yesterday"),
        ("changed_before", "12"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(
    altegio: httpx2.Client, name: str, value: str
) -> None:
    answer = altegio.get("records/77", params={name: value})

    assert answer.status_code == 422
    assert answer.json()["meta"]["errors"] == [{name: "Invalid value."}]


# Which records, in what order


def test_a_month_is_listed_as_it_was_planted(
    altegio: httpx2.Client, planted: list[PlantedRecord]
) -> None:
    body = page_of(altegio, MONTH)

    assert {int(row["id"]): row for row in body["data"]} == {
        int(record.body["id"]): record.body for record in planted
    }
    assert body["meta"]["total_count"] == len(body["data"]) == len(planted) > 500


def test_the_newest_visit_comes_first(altegio: httpx2.Client) -> None:
    rows = page_of(altegio, MONTH)["data"]

    starts = [row["date"] for row in rows if row["date"] != UNREADABLE]
    assert starts == sorted(starts, reverse=True)
    assert len(set(starts)) > 100


def test_visits_of_one_moment_stand_in_no_order_of_their_ids(altegio: httpx2.Client) -> None:
    rows = page_of(altegio, MONTH)["data"]

    ties = [
        [int(row["id"]) for row in rows if row["date"] == start]
        for start, times in Counter(row["date"] for row in rows).items()
        if times > 2 and start != UNREADABLE
    ]
    assert len(ties) > 5
    assert any(tie != sorted(tie) for tie in ties)
    assert any(tie != sorted(tie, reverse=True) for tie in ties)
    assert ids_of(altegio, **MONTH) == [int(row["id"]) for row in rows]


@pytest.mark.parametrize("count", [70, 100, 310, 1000])
def test_pages_cover_every_record_exactly_once(
    altegio: httpx2.Client, planted: list[PlantedRecord], count: int
) -> None:
    pages: list[Body] = []
    while not pages or pages[-1]["data"]:
        pages.append(page_of(altegio, {**MONTH, "count": count, "page": len(pages) + 1}))

    read = [int(row["id"]) for page in pages for row in page["data"]]
    sizes = [len(page["data"]) for page in pages]
    whole, rest = divmod(len(planted), count)
    assert sizes == [count] * whole + [rest] * (rest > 0) + [0]
    assert len(read) == len(planted)
    assert set(read) == {int(record.body["id"]) for record in planted}
    assert [page["meta"] for page in pages] == [
        {"page": number, "total_count": len(planted)} for number in range(1, len(pages) + 1)
    ]


def test_without_a_count_fifty_come(altegio: httpx2.Client) -> None:
    answer = altegio.get("records/77", params=MONTH)

    assert len(answer.json()["data"]) == 50


def test_more_than_a_thousand_are_never_sent_and_nothing_says_so(altegio: httpx2.Client) -> None:
    wide = {"start_date": "2026-01-01", "end_date": "2026-05-31", "count": 5000}

    body = page_of(altegio, wide)

    assert len(body["data"]) == 1000
    assert body["meta"]["total_count"] > 2000
    assert set(body["meta"]) == {"page", "total_count"}


def test_a_server_may_shrink_its_pages_further(school: School) -> None:
    with serving(school, max_page_size=20) as client:
        first = page_of(client, {**MONTH, "count": 100})
        second = page_of(client, {**MONTH, "count": 100, "page": 2})

    rows = first["data"] + second["data"]
    assert len(first["data"]) == 20
    assert len(rows) == 40
    assert len({int(row["id"]) for row in rows}) == 40
    assert first["meta"]["total_count"] == school.lessons_a_month


@pytest.mark.parametrize("flag", [None, "0", "false", ""])
def test_deleted_records_are_not_listed_unasked(
    altegio: httpx2.Client, planted: list[PlantedRecord], flag: str | None
) -> None:
    params = SPAN if flag is None else {**SPAN, "with_deleted": flag}

    body = page_of(altegio, params)

    standing = [record for record in planted if not record.body["deleted"]]
    assert 0 < len(standing) < len(planted)
    assert not any(row["deleted"] for row in body["data"])
    assert len(body["data"]) == body["meta"]["total_count"] == len(standing)


@pytest.mark.parametrize("flag", ["1", "true"])
def test_deleted_records_are_listed_when_asked_for(
    altegio: httpx2.Client, planted: list[PlantedRecord], flag: str
) -> None:
    body = page_of(altegio, {**SPAN, "with_deleted": flag})

    assert len(body["data"]) == body["meta"]["total_count"] == len(planted)
    assert {row["id"] for row in body["data"] if row["deleted"]} == {
        record.body["id"] for record in planted if record.body["deleted"]
    }


def test_the_last_minute_of_the_last_day_is_not_listed(
    own_school: School, own_altegio: httpx2.Client
) -> None:
    starts = [
        local(9, 23, 59, 30),
        local(10, 0),
        local(10, 23, 59),
        local(10, 23, 59, 30),
        local(11, 0),
    ]
    bodies = [own_school.record(start) for start in starts]
    for body in bodies:
        own_school.add(body)
    _, midnight, evening, too_late, next_day = [body["id"] for body in bodies]

    alone = ids_of(own_altegio, **day("2026-06-10"))
    with_next = ids_of(own_altegio, start_date="2026-06-10", end_date="2026-06-11")

    assert alone == [evening, midnight]
    assert with_next == [next_day, too_late, evening, midnight]


@pytest.mark.parametrize("missing", ["start_date", "end_date"])
def test_a_span_may_be_open(
    altegio: httpx2.Client, school: School, planted: list[PlantedRecord], missing: str
) -> None:
    span = {name: value for name, value in MONTH.items() if name != missing}

    total = page_of(altegio, {**span, "count": 1})["meta"]["total_count"]

    whole = {
        "start_date": school.planted(date.min, LAST),
        "end_date": school.planted(FIRST, date.max),
    }
    assert total == len(whole[missing]) > len(planted)


@pytest.mark.parametrize("name", ["changed_after", "changed_before"])
@pytest.mark.parametrize(
    "text",
    ["2026-05-12T10:15:00", "2026-05-12 10:15:00", "2026-05-12T07:15:00Z", "2026-05-12T10:15+0300"],
    ids=["local", "space", "utc", "offset"],
)
def test_changes_are_told_from_a_local_moment_on_or_one_with_an_offset(
    altegio: httpx2.Client, planted: list[PlantedRecord], name: str, text: str
) -> None:
    moment = datetime(2026, 5, 12, 7, 15, tzinfo=UTC)

    read = ids_of(altegio, **MONTH, **{name: text})

    changed = {int(r.body["id"]): parse(r.body["last_change_date"]) for r in planted}
    later = {record_id for record_id, at in changed.items() if at > moment}
    assert 0 < len(later) < len(planted)
    assert moment not in changed.values()
    assert set(read) == (later if name == "changed_after" else set(changed) - later)


def parse(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S%z")


@pytest.fixture
def old_school() -> School:
    """All of it was booked and changed years ago."""
    return School(seed=7, today=date(2020, 6, 15), lessons_a_month=40)


@pytest.mark.parametrize(
    "act",
    [
        lambda school, record_id: school.change(record_id, attendance=1),
        lambda school, record_id: school.change(record_id, deleted=True),
        lambda school, record_id: school.move(record_id, local(3, 9)),
    ],
    ids=["attendance", "deletion", "move"],
)
def test_a_change_moves_a_record_among_the_changed_ones(
    old_school: School, act: Callable[[School, int], None]
) -> None:
    before = datetime.now(KYIV) - timedelta(minutes=5)
    told = before.strftime("%Y-%m-%dT%H:%M:%S")
    ids = {int(r.body["id"]) for r in old_school.planted(date.min, date.max)}
    chosen = min(ids)

    with serving(old_school) as client:
        untouched = ids_of(client, changed_after=told)
        act(old_school, chosen)
        after = ids_of(client, changed_after=told)
        others = ids_of(client, changed_before=told)
        row = client.get(f"record/77/{chosen}").json()["data"]

    assert untouched == []
    assert after == [chosen]
    assert set(others) == ids - {chosen}
    assert before.replace(microsecond=0) < parse(row["last_change_date"]) <= datetime.now(UTC)


def test_a_new_booking_is_among_the_changed_ones(
    own_school: School, own_altegio: httpx2.Client
) -> None:
    body = own_school.record(local(10, 9))
    told = (datetime.now(KYIV) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")

    own_school.add(body)

    assert ids_of(own_altegio, changed_after=told) == [body["id"]]
    assert ids_of(own_altegio, changed_before=told) == []


def test_one_teacher_is_asked_for(altegio: httpx2.Client, planted: list[PlantedRecord]) -> None:
    staff_id = 2100003

    read = ids_of(altegio, **MONTH, staff_id=staff_id)

    taught = {int(r.body["id"]) for r in planted if str(r.body["staff_id"]) == str(staff_id)}
    assert 0 < len(taught) < len(planted)
    assert set(read) == taught


def test_one_client_is_asked_for(own_school: School, own_altegio: httpx2.Client) -> None:
    bodies = [own_school.record(local(10, hour)) for hour in (9, 10, 11)]
    bodies[2]["client"] = bodies[0]["client"]
    for body in bodies:
        own_school.add(body)
    own_school.add(own_school.record(local(10, 12), None))

    read = ids_of(own_altegio, client_id=bodies[0]["client"]["id"])

    assert read == [bodies[2]["id"], bodies[0]["id"]]


def test_days_of_creation_are_asked_for(
    altegio: httpx2.Client, planted: list[PlantedRecord]
) -> None:
    first, last = "2026-05-04", "2026-05-08"

    read = ids_of(altegio, **MONTH, c_start_date=first, c_end_date=last)

    created = {int(r.body["id"]): r.body["create_date"][:10] for r in planted}
    expected = {record_id for record_id, on in created.items() if first <= on <= last}
    assert {first, last} <= set(created.values())
    assert len(expected) < len(planted)
    assert set(read) == expected


def test_a_booking_between_two_pages_repeats_a_row(
    own_school: School, own_altegio: httpx2.Client
) -> None:
    bodies = [own_school.record(local(10, hour)) for hour in range(9, 13)]
    for body in bodies:
        own_school.add(body)
    earliest, early, late, latest = [body["id"] for body in bodies]

    first = page_of(own_altegio, {"count": 2})
    own_school.add(own_school.record(local(10, 20)))
    second = page_of(own_altegio, {"count": 2, "page": 2})

    assert [row["id"] for row in first["data"]] == [latest, late]
    assert [row["id"] for row in second["data"]] == [late, early]
    assert earliest not in [row["id"] for row in second["data"]]
    assert first["meta"]["total_count"] == 4
    assert second["meta"]["total_count"] == 5


def test_a_removal_between_two_pages_skips_a_row(
    own_school: School, own_server: SandboxServer, own_altegio: httpx2.Client
) -> None:
    bodies = [own_school.record(local(10, hour)) for hour in range(9, 13)]
    for body in bodies:
        own_school.add(body)
    earliest, early, late, latest = [body["id"] for body in bodies]

    def remove_before_second(path: str, query: Mapping[str, str]) -> None:
        if path.endswith("/records/77") and query.get("page") == "2":
            own_school.remove(latest)

    own_server.before_request = remove_before_second
    first = page_of(own_altegio, {"count": 2})
    second = page_of(own_altegio, {"count": 2, "page": 2})

    assert [row["id"] for row in first["data"] + second["data"]] == [latest, late, earliest]
    assert early not in [row["id"] for row in second["data"]]
    assert first["meta"]["total_count"] == 4
    assert second["meta"]["total_count"] == 3


# One record, and what the location has


def test_one_record_is_the_one_of_the_list(altegio: httpx2.Client) -> None:
    row = page_of(altegio, MONTH)["data"][0]

    answer = altegio.get(f"record/77/{row['id']}")

    assert answer.status_code == 200
    assert answer.json() == {"success": True, "data": row, "meta": []}


def test_a_deleted_record_is_told_as_deleted(
    altegio: httpx2.Client, planted: list[PlantedRecord]
) -> None:
    gone = next(record.body["id"] for record in planted if record.body["deleted"])

    answer = altegio.get(f"record/77/{gone}")

    assert answer.status_code == 200
    assert answer.json()["data"]["deleted"] is True


@pytest.mark.parametrize("record_id", ["1", "999999999999", "first"])
def test_a_record_that_is_not_there_is_not_found(altegio: httpx2.Client, record_id: str) -> None:
    answer = altegio.get(f"record/77/{record_id}")

    assert answer.status_code == 404
    assert answer.json() == {"success": False, "data": None, "meta": []}


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("company/77/staff/", "staff/77"),
        ("company/77/services/", "services/77"),
        ("company/77/staff", "staff/77/"),
    ],
    ids=["staff", "services", "slashes"],
)
def test_the_older_path_tells_the_same(altegio: httpx2.Client, newer: str, older: str) -> None:
    answers = [altegio.get(path) for path in (newer, older)]

    bodies = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert bodies[0] == bodies[1]
    assert bodies[0]["meta"] == {"total_count": len(bodies[0]["data"])}


def test_staff_has_those_dismissed_and_those_deleted(altegio: httpx2.Client) -> None:
    people = altegio.get("company/77/staff").json()["data"]

    states = Counter((person["fired"], person["status"]) for person in people)
    assert states[0, 0] > 1
    assert states[1, 0] == 1
    assert states[1, 1] == 1
    assert len({person["id"] for person in people}) == len(people)


def test_every_taught_lesson_names_somebody_of_the_staff(
    altegio: httpx2.Client, planted: list[PlantedRecord]
) -> None:
    people = altegio.get("company/77/staff").json()["data"]

    names = {str(person["id"]): person["name"] for person in people}
    kept = [record.document for record in planted if record.document is not None]
    gone = {str(person["id"]) for person in people if person["fired"]}
    assert all(names[document["teacherId"]] == document["teacherName"] for document in kept)
    assert gone <= {document["teacherId"] for document in kept}


def test_services_have_lengths_and_those_of_the_school(
    altegio: httpx2.Client, school: School
) -> None:
    services = altegio.get("company/77/services").json()["data"]

    ids = {str(each["id"]) for each in services}
    assert ids > school.individual_service_ids | school.trial_service_ids
    assert not school.individual_service_ids & school.trial_service_ids
    assert all(600 <= each["duration"] <= 7200 for each in services)
    assert any(each["is_multi"] and each["capacity"] > 1 for each in services)


def test_locations_of_the_user_are_listed(altegio: httpx2.Client, school: School) -> None:
    mine = altegio.get("companies", params={"my": 1}).json()
    one = altegio.get("company/77").json()

    (location,) = mine["data"]
    assert one["data"].items() <= location.items()
    assert location["timezone_name"] == school.timezone == "Europe/Kyiv"
    assert location["id"] == 77


# Limits


def refusals(client: httpx2.Client, times: int) -> list[tuple[int, bool, str]]:
    told = []
    for _ in range(times):
        answer = client.get("company/77")
        body = answer.json()
        message = body["meta"]["message"] if body["meta"] else ""
        told.append((answer.status_code, body["success"], message))
    return told


def test_over_the_limit_of_a_second_both_refusals_take_turns(own_school: School) -> None:
    with serving(own_school, requests_per_second=2) as client:
        told = refusals(client, 6)

    message = LIMIT.format(1)
    assert told[:2] == [(200, True, "")] * 2
    assert told[2:] == [(429, False, message), (200, False, message)] * 2


def test_over_the_limit_of_a_minute_the_wait_is_told(own_school: School) -> None:
    with serving(own_school, requests_per_minute=3) as client:
        told = refusals(client, 5)

    waits = [re.findall(r"[0-9]+", message) for _, _, message in told]
    assert [status for status, _, _ in told] == [200, 200, 200, 429, 200]
    assert [success for _, success, _ in told] == [True, True, True, False, False]
    assert waits[:3] == [[], [], []]
    assert all(58 <= int(wait) <= 60 for (wait,) in waits[3:])


@pytest.mark.parametrize(
    ("options", "allowed"),
    [({"requests_per_minute": 0}, 5), ({"requests_per_second": 0}, 200)],
    ids=["second", "minute"],
)
def test_the_limits_are_the_documented_ones(
    own_school: School, options: dict[str, Any], allowed: int
) -> None:
    with SandboxServer(own_school, **options) as server, client_of(server) as client:
        told = refusals(client, allowed + 1)

    assert [status for status, _, _ in told] == [200] * allowed + [429]


def test_room_comes_back_after_a_second_whatever_was_refused_meanwhile(own_school: School) -> None:
    at = iter((0.0, 0.4, 0.9, 0.99, 1.0, 1.3, 1.4))
    with (
        SandboxServer(own_school, requests_per_second=2, monotonic_s=lambda: next(at)) as server,
        client_of(server) as client,
    ):
        told = refusals(client, 7)

    allowed = [success for _, success, _ in told]
    assert allowed == [True, True, False, False, True, False, True]


def test_a_header_tells_the_wait_when_it_is_set(own_school: School) -> None:
    with (
        SandboxServer(own_school, requests_per_second=0, requests_per_minute=1) as server,
        client_of(server) as client,
    ):
        client.get("company/77")
        without = client.get("company/77")
        server.retry_after = "17"
        with_header = client.get("company/77")

    assert "Retry-After" not in without.headers
    assert with_header.headers["Retry-After"] == "17"


# Faults


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        (Fault.TOO_MANY, 429, "application/json"),
        (Fault.REFUSED_AS_200, 200, "application/json"),
        (Fault.SERVER_ERROR, 500, "application/json"),
        (Fault.UNAUTHORIZED, 401, "application/json"),
        (Fault.BAD_GATEWAY, 502, "text/html"),
        (Fault.HTML, 200, "text/html"),
        (Fault.PROXY_403, 403, "text/html"),
        (Fault.EMPTY, 200, "application/json"),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
def test_a_planned_fault_is_answered_once(
    own_server: SandboxServer, own_altegio: httpx2.Client, fault: Fault, status: int, kind: str
) -> None:
    own_server.fail(fault)

    bad = own_altegio.get("records/77")
    good = own_altegio.get("records/77")

    assert bad.status_code == status
    assert bad.headers["content-type"].partition(";")[0] == kind
    assert good.status_code == 200
    assert good.json()["success"] is True
    assert [seen.fault for seen in own_server.requests] == [fault, None]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault.TOO_MANY, LIMIT.format(0)),
        (Fault.REFUSED_AS_200, LIMIT.format(0)),
        (Fault.SERVER_ERROR, "Internal error."),
        (Fault.UNAUTHORIZED, "Authentication needed."),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
def test_a_fault_of_the_api_comes_in_its_envelope(
    own_server: SandboxServer, own_altegio: httpx2.Client, fault: Fault, message: str
) -> None:
    own_server.fail(fault)

    answer = own_altegio.get("records/77")

    assert answer.json() == {"success": False, "data": None, "meta": {"message": message}}


@pytest.mark.parametrize("fault", [Fault.BAD_GATEWAY, Fault.HTML, Fault.PROXY_403, Fault.EMPTY])
def test_a_fault_of_what_stands_before_the_api_is_no_json(
    own_server: SandboxServer, own_altegio: httpx2.Client, fault: Fault
) -> None:
    own_server.fail(fault)

    answer = own_altegio.get("records/77")

    assert answer.text.startswith("<!DOCTYPE html>") is (fault is not Fault.EMPTY)
    assert bool(answer.content) is (fault is not Fault.EMPTY)
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.CUT, httpx2.RemoteProtocolError), (Fault.RESET, httpx2.ReadError)],
    ids=["cut", "reset"],
)
def test_a_torn_connection_is_felt_and_the_next_one_holds(
    own_server: SandboxServer, own_altegio: httpx2.Client, fault: Fault, error: type[Exception]
) -> None:
    own_server.fail(fault)

    with pytest.raises(error):
        own_altegio.get("records/77")
    good = own_altegio.get("records/77")

    assert good.json()["success"] is True


def test_a_cut_body_begins_as_the_right_one(
    own_server: SandboxServer, own_school: School, own_altegio: httpx2.Client
) -> None:
    own_school.add(own_school.record(local(10, 9)))
    whole = own_altegio.get("records/77").content
    own_server.fail(Fault.CUT)
    got: list[bytes] = []

    with own_altegio.stream("GET", "records/77") as answer:
        chunks = answer.iter_raw()
        with pytest.raises(httpx2.RemoteProtocolError):
            got.extend(chunks)

    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(whole))
    assert b"".join(got) == whole[: len(whole) // 2]


def test_a_slow_answer_is_right_for_whoever_waits(
    own_server: SandboxServer, own_altegio: httpx2.Client
) -> None:
    own_server.slow_s = 0.3
    own_server.fail(Fault.SLOW, times=2)

    with pytest.raises(httpx2.ReadTimeout):
        own_altegio.get("records/77", timeout=httpx2.Timeout(30, read=0.1))
    answer = own_altegio.get("records/77")

    assert answer.json()["success"] is True
    assert answer.elapsed >= timedelta(seconds=0.3)


def test_every_answer_takes_its_time_when_told_so(own_school: School) -> None:
    with serving(own_school, latency_s=0.1) as client:
        answer = client.get("company/77")

    assert answer.elapsed >= timedelta(seconds=0.1)


@pytest.mark.parametrize(
    ("plan", "pages", "statuses"),
    [
        ({}, "111", [500, 200, 200]),
        ({"times": 2}, "111", [500, 500, 200]),
        ({"times": -1}, "1234", [500, 500, 500, 500]),
        ({"times": 0}, "11", [200, 200]),
        ({"after": 2}, "1111", [200, 200, 500, 200]),
        ({"times": 2, "after": 1}, "1111", [200, 500, 500, 200]),
        ({"page": 2}, "12321", [200, 500, 200, 200, 200]),
        ({"page": 2, "times": -1}, "1221", [200, 500, 500, 200]),
        ({"page": 2, "after": 1}, "12122", [200, 200, 200, 500, 200]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_a_fault_is_planned_by_times_page_and_what_went_well_before(
    own_server: SandboxServer,
    own_altegio: httpx2.Client,
    plan: dict[str, Any],
    pages: str,
    statuses: list[int],
) -> None:
    own_server.fail(Fault.SERVER_ERROR, **plan)

    answers = [own_altegio.get("records/77", params={"page": page}) for page in pages]

    assert [answer.status_code for answer in answers] == statuses


def test_planned_faults_come_in_their_order(
    own_server: SandboxServer, own_altegio: httpx2.Client
) -> None:
    own_server.fail(Fault.SERVER_ERROR)
    own_server.fail(Fault.BAD_GATEWAY)

    answers = [own_altegio.get("records/77") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [500, 502, 200]


def test_only_lists_of_records_go_wrong(
    own_server: SandboxServer, own_altegio: httpx2.Client
) -> None:
    paths = ["company/77", "companies", "staff/77", "services/77", "record/77/1", "records/77"]
    own_server.fail(Fault.BAD_GATEWAY, times=-1)

    answers = [own_altegio.get(path) for path in paths]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 404, 502]


def faults_by_chance(rate: float, seed: int, times: int) -> list[Fault | None]:
    school = School.empty()
    with (
        SandboxServer(
            school, fault_rate=rate, seed=seed, requests_per_second=0, requests_per_minute=0
        ) as server,
        client_of(server) as client,
    ):
        server.slow_s = 0
        for _ in range(times):
            try:
                client.get("records/77")
            except httpx2.TransportError:
                continue
        return [seen.fault for seen in server.requests]


def test_faults_by_chance_are_the_same_for_the_same_seed() -> None:
    first = faults_by_chance(0.5, 3, 25)
    again = faults_by_chance(0.5, 3, 25)
    other = faults_by_chance(0.5, 4, 25)

    assert len(first) == 25
    assert first == again
    assert first != other
    assert 5 < first.count(None) < 20


def test_on_the_worst_day_all_fails_and_the_tokens_still_hold() -> None:
    faults = Counter(faults_by_chance(1.0, 1, 60))

    assert faults[None] == 0
    assert set(faults) == set(Fault) - {Fault.UNAUTHORIZED}


def test_requests_are_remembered_as_they_arrived(
    own_server: SandboxServer, own_altegio: httpx2.Client
) -> None:
    own_altegio.get("company/77")
    own_altegio.get("records/77", params={"page": "x", "count": 5})

    seen = own_server.requests

    assert [(each.path, dict(each.query), each.status) for each in seen] == [
        ("/api/v1/company/77", {}, 200),
        ("/api/v1/records/77", {"page": "x", "count": "5"}, 422),
    ]
    assert 0 < seen[1].at - seen[0].at < 5


# The school


def bodies_of(**options: Any) -> list[Body]:
    school = School(lessons_a_month=30, **options)
    return [each.body for each in school.planted(date.min, date.max)]


def test_the_same_seed_and_day_make_the_same_school() -> None:
    first, again = (bodies_of(seed=7, today=TODAY) for _ in range(2))

    assert first == again


def test_another_seed_makes_another_school() -> None:
    first, other = (bodies_of(seed=seed, today=TODAY) for seed in (7, 8))

    assert len(first) == len(other)
    assert first != other


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 6, 15), "2025-05", "2026-08"),
        (date(2026, 1, 31), "2024-12", "2026-03"),
        (date(2024, 2, 29), "2023-01", "2024-04"),
    ],
    ids=str,
)
def test_a_school_is_made_from_thirteen_months_back_to_two_ahead(
    today: date, first: str, last: str
) -> None:
    school = School(seed=7, today=today, lessons_a_month=30)

    planted = school.planted(date.min, date.max)

    months = Counter(record.starts[:7] for record in planted)
    assert min(months) == first
    assert max(months) == last
    assert len(months) == 16
    assert len(set(months.values())) == 1


def test_what_is_to_come_has_not_been_attended() -> None:
    school = School(seed=7, today=TODAY, lessons_a_month=100)

    past = school.planted(date.min, TODAY - timedelta(days=1))
    future = school.planted(TODAY, date.max)

    kept = [
        {record.document["status"] for record in records if record.document is not None}
        for records in (past, future)
    ]
    assert kept == [{"-1", "0", "1", "2"}, {"0", "2"}]


def test_nothing_was_booked_or_changed_in_the_future() -> None:
    school = School(seed=7, today=TODAY, lessons_a_month=30)

    bodies = [record.body for record in school.planted(date.min, date.max)]

    assert max(body["create_date"][:10] for body in bodies) <= str(TODAY)
    assert max(body["last_change_date"][:10] for body in bodies) <= str(TODAY)


def test_without_a_day_the_school_is_made_around_now() -> None:
    school = School(seed=7, lessons_a_month=30)
    today = datetime.now(school.zone).date()

    around = school.planted(today - timedelta(days=31), today + timedelta(days=31))

    assert len(around) > 30


def test_planted_days_are_both_included_and_the_newest_comes_first(school: School) -> None:
    first, last = date(2026, 5, 5), date(2026, 5, 6)

    planted = school.planted(first, last)

    starts = [record.starts for record in planted]
    assert {start[:10] for start in starts} == {str(first), str(last)}
    assert starts == sorted(starts, reverse=True)


def test_every_outcome_is_planted_in_every_month(school: School) -> None:
    outcomes = {
        record.outcome
        for month in (5, 6, 7, 8)
        for record in school.planted(date(2026, month, 1), date(2026, month, 28))
    }
    may = {record.outcome for record in school.planted(FIRST, LAST)}

    assert may == outcomes == {"kept", "service", "no_crm_id", "teacher_not_found", "invalid"}


@pytest.mark.parametrize(
    ("start", "stamp"),
    [
        (local(20, 9, 30, month=7), "2026-07-20T09:30:00+03:00"),
        (local(20, 9, 30, month=12), "2026-12-20T09:30:00+02:00"),
    ],
    ids=["summer", "winter"],
)
def test_a_moved_record_is_listed_on_its_new_day_only(
    own_school: School, own_altegio: httpx2.Client, start: datetime, stamp: str
) -> None:
    body = own_school.record(local(10, 9))
    own_school.add(body)
    listed_before = ids_of(own_altegio, **day("2026-06-10"))

    own_school.move(body["id"], start)

    (row,) = page_of(own_altegio, day(str(start.date())))["data"]
    assert listed_before == [body["id"]]
    assert ids_of(own_altegio, **day("2026-06-10")) == []
    assert row["id"] == body["id"]
    assert row["date"] == f"{start}"
    assert row["datetime"] == stamp
    assert own_altegio.get(f"record/77/{body['id']}").json()["data"] == row


def test_a_removed_record_is_asked_for_in_vain(
    own_school: School, own_altegio: httpx2.Client
) -> None:
    bodies = [own_school.record(local(10, hour)) for hour in (9, 10)]
    for body in bodies:
        own_school.add(body)
    gone, left = [body["id"] for body in bodies]
    total_before = page_of(own_altegio, {})["meta"]["total_count"]

    own_school.remove(gone)

    assert total_before == 2
    assert ids_of(own_altegio) == [left]
    assert page_of(own_altegio, {})["meta"]["total_count"] == 1
    assert own_altegio.get(f"record/77/{gone}").status_code == 404


def test_a_booking_is_listed_as_it_was_made(own_school: School, own_altegio: httpx2.Client) -> None:
    body = own_school.record(local(10, 9), "Спроба 54321", comment="перша")

    not_yet = ids_of(own_altegio)
    own_school.add(body)

    (row,) = page_of(own_altegio, day("2026-06-10"))["data"]
    assert not_yet == []
    assert row["client"]["name"] == "Спроба 54321"
    assert row["comment"] == "перша"
    assert row | {"last_change_date": ""} == body | {"last_change_date": ""}


def test_a_record_that_tells_its_date_unreadably_keeps_its_place(
    own_school: School, own_altegio: httpx2.Client
) -> None:
    body = own_school.record(local(10, 9))
    own_school.add(body)

    own_school.change(body["id"], attendance=5)

    assert ids_of(own_altegio, **day("2026-06-10")) == [body["id"]]


@pytest.mark.parametrize(
    "act",
    [
        lambda school: school.change(1, comment=""),
        lambda school: school.move(1, local(10, 9)),
        lambda school: school.remove(1),
    ],
    ids=["change", "move", "remove"],
)
def test_a_record_that_is_not_there_cannot_be_changed(
    own_school: School, act: Callable[[School], None]
) -> None:
    with pytest.raises(KeyError):
        act(own_school)
