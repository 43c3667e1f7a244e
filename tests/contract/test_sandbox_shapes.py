"""The sandbox's bodies against the examples: the same keys in the same order, and no other types.

The examples have the shapes of real answers, with values of our own. Whatever the sandbox sends
beside them stands in the tables below, and nothing more than that.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.sandbox import SandboxServer, School
from tests.contract.conftest import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

Body = dict[str, Any]

EXAMPLES = Path(__file__).parent / "examples"
MONTH: Body = {"start_date": "2026-05-01", "end_date": "2026-05-31", "with_deleted": 1}
#: A school names these keys itself.
FREE = {"custom_fields"}
#: Types of values that the examples do not show and that real answers or the vendor's docs do.
WOBBLE = {
    # ids as strings
    "id": {"str"},
    "company_id": {"str"},
    "staff_id": {"str"},
    "visit_id": {"str"},
    # prices as strings
    "services[].cost": {"str"},
    # a bare number, where "+" and digits are usual
    "client.phone": {"int"},
    # whole or not
    "staff.rating": {"float"},
    # `[]` for an empty object
    "client": {"list"},
    "staff": {"list"},
    "staff.position": {"list"},
    # 0 and 1 for booleans, and the reverse
    "deleted": {"int"},
    "online": {"int"},
    "confirmed": {"bool"},
    "paid_full": {"bool"},
}
#: The sandbox's own, for what may come one day: nobody has seen these.
INVENTED = {"staff": {"NoneType"}, "visit_attendance": {"NoneType"}}
#: A few planted records lack this key: `length` says the same.
LACKING = "seance_length"


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def parts(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a body with its path: `services[].cost`."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in FREE:
                yield from parts(inner, f"{path}.{key}".lstrip("."))
            else:
                yield f"{path}.{key}".lstrip("."), inner
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner, f"{path}[]")


def types_by_path(bodies: list[Body]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for body in bodies:
        for path, value in parts(body):
            found[path].add(type(value).__name__)
    return found


def keys_by_path(bodies: list[Body]) -> dict[str, set[tuple[str, ...]]]:
    """The keys, in order, of every object; a record's own are at the empty path."""
    found: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for body in bodies:
        found[""].add(tuple(body))
        for path, value in parts(body):
            if isinstance(value, dict) and path.rpartition(".")[2] not in FREE:
                found[path].add(tuple(value))
    return found


def shape(value: Any) -> Any:
    """A body with each value replaced by its type."""
    if isinstance(value, dict):
        return [(key, shape(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def form(text: str) -> str:
    """How a date is written, whatever the date."""
    return re.sub("[0-9]", "0", text)


@pytest.fixture(scope="module")
def month(altegio: httpx2.Client, school: School) -> list[Body]:
    answer = altegio.get("records/77", params={**MONTH, "count": 1000})
    rows: list[Body] = answer.json()["data"]
    assert len(rows) == school.lessons_a_month
    return rows


@pytest.fixture(scope="module")
def shown() -> list[Body]:
    rows: list[Body] = example("records-page")["data"]
    return rows


def test_every_record_of_a_month_has_the_keys_of_the_example_in_their_order(
    month: list[Body], shown: list[Body]
) -> None:
    lacking = [body for body in month if LACKING not in body]
    whole = [body for body in month if LACKING in body]

    served, expected = keys_by_path(whole), keys_by_path(shown)

    del expected["record_labels[]"]  # nobody labels the school's records
    assert served == expected
    (keys,) = expected[""]
    assert lacking
    assert keys_by_path(lacking)[""] == {tuple(key for key in keys if key != LACKING)}


def test_every_value_of_a_month_has_a_type_that_has_been_seen(
    month: list[Body], shown: list[Body]
) -> None:
    seen = types_by_path(shown)

    strange = {
        path: types - seen[path]
        for path, types in types_by_path(month).items()
        if types - seen[path]
    }

    told: defaultdict[str, set[str]] = defaultdict(set)
    for table in (WOBBLE, INVENTED):
        for path, types in table.items():
            told[path] |= types
    assert strange == told


def test_empty_and_filled_custom_fields_come_as_a_list_and_as_an_object(
    month: list[Body], shown: list[Body]
) -> None:
    for bodies in (month, shown):
        assert {type(body["custom_fields"]) for body in bodies if body["custom_fields"]} == {dict}
        assert [body["custom_fields"] for body in bodies if not body["custom_fields"]].count([]) > 0


@pytest.mark.parametrize("name", ["date", "datetime", "create_date", "last_change_date"])
def test_dates_are_written_as_in_the_example(
    month: list[Body], shown: list[Body], name: str
) -> None:
    expected = {form(body[name]) for body in shown}

    assert len(expected) == 1
    assert {form(body[name]) for body in month} == expected


def test_both_dates_of_a_record_tell_the_same_wall_clock(month: list[Body]) -> None:
    told = {body["date"].replace(" ", "T") == body["datetime"][:19] for body in month}

    assert told == {True}


def test_time_blocks_look_as_in_the_example(month: list[Body], shown: list[Body]) -> None:
    names = ("services", "client", "visit_id", "attendance", "paid_full", "payment_status")

    def block_of(bodies: list[Body]) -> list[list[Any]]:
        blocks = [body for body in bodies if not body["services"]]
        return [[*(b[name] for name in names), b["documents"][0]["visit_id"]] for b in blocks]

    (expected,) = block_of(shown)
    blocks = block_of(month)

    assert blocks
    assert all(block == expected for block in blocks)


def test_one_record_comes_in_the_envelope_of_the_example(
    altegio: httpx2.Client, month: list[Body]
) -> None:
    expected = example("record-single")
    plain = next(body for body in month if body["services"] and LACKING in body)

    body = altegio.get(f"record/77/{plain['id']}").json()

    assert list(body) == list(expected)
    assert body["meta"] == expected["meta"]
    assert body["data"] == plain
    assert tuple(body["data"]) == tuple(expected["data"])


@pytest.mark.parametrize(
    ("name", "page"), [("records-page", 1), ("records-page-empty", 9)], ids=["first", "past-last"]
)
def test_a_page_comes_in_the_envelope_of_the_example(
    altegio: httpx2.Client, month: list[Body], name: str, page: int
) -> None:
    expected = example(name)

    answer = altegio.get("records/77", params={**MONTH, "count": 100, "page": page})

    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == list(expected)
    assert body["success"] is True
    assert type(body["data"]) is list
    assert bool(body["data"]) is bool(expected["data"])
    assert shape(body["meta"]) == shape(expected["meta"])
    assert body["meta"] == {"page": page, "total_count": len(month)}


@pytest.mark.parametrize(
    ("status", "path", "headers"),
    [
        (401, "records/77", {"Authorization": "Bearer wrong, User wrong"}),
        (403, "records/4040", {}),
        (404, "record/77/1", {}),
        (422, "records/77?end_date=soon", {}),
    ],
    ids=["401", "403", "404", "422"],
)
def test_a_refusal_is_the_one_of_the_example(
    altegio: httpx2.Client, status: int, path: str, headers: dict[str, str]
) -> None:
    answer = altegio.get(path, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert json.dumps(answer.json()) == json.dumps(example(f"error-{status}"))


def test_the_limits_refusal_is_the_one_of_the_example(own_school: School) -> None:
    with (
        SandboxServer(own_school, requests_per_second=0, requests_per_minute=1) as server,
        client_of(server) as client,
    ):
        client.get("records/77")
        answer = client.get("records/77")

    expected = example("error-429")
    body = answer.json()
    assert answer.status_code == 429
    assert shape(body) == shape(expected)
    words = [re.sub("[0-9]+", "N", each["meta"]["message"]) for each in (body, expected)]
    assert words[0] == words[1]


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        (
            "company/77",
            "id title country city address phone timezone_name coordinate_lat coordinate_lon "
            "currency_short_title active",
        ),
        (
            "company/77/staff",
            "id name specialization position avatar rating fired status hidden bookable user "
            "user_id weight schedule_till api_id",
        ),
        (
            "company/77/services",
            "id title booking_title category_id price_min price_max discount comment weight "
            "active duration is_multi capacity staff api_id is_online",
        ),
    ],
    ids=["company", "staff", "services"],
)
def test_reference_data_has_the_documented_fields(
    altegio: httpx2.Client, path: str, keys: str
) -> None:
    data = altegio.get(path).json()["data"]

    rows = data if isinstance(data, list) else [data]
    assert rows
    assert all(set(row) >= set(keys.split()) for row in rows)
