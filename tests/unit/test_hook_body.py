"""The bodies of webhooks: what is taken from them, and what becomes of odd ones."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altegio_sync.altegio.hook_body import read_delivery
from altegio_sync.domain.notices import Delivery, HookOutcome, Notice, UnreadableNotice

ACCEPTED = {HookOutcome.ACCEPTED: 1}
EVENT: dict[str, Any] = {
    "company_id": 77,
    "resource": "record",
    "resource_id": 501,
    "status": "update",
    "data": {
        "id": 501,
        "client": {"name": "Olena Tkachenko 12345", "phone": "+380501112233"},
        "comment": "calls at noon",
        "last_change_date": "2026-03-02T10:00:00+0200",
    },
}
NOTICE = Notice("", "77", "501", "update", datetime(2026, 3, 2, 8, 0, tzinfo=UTC))


def deliver(value: object) -> Delivery:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_delivery(body, {"77", "78"}.__contains__)


def notices(delivery: Delivery) -> list[Notice | UnreadableNotice]:
    """Without the ids, which are random."""
    return [replace(each, id="") for each in delivery.notices]


def test_a_notice_has_the_ids_the_status_and_the_stamp() -> None:
    delivery = deliver(EVENT)

    assert notices(delivery) == [NOTICE]
    assert delivery.outcomes == ACCEPTED


def test_each_notice_has_an_id_of_its_own() -> None:
    assert len({each.id for each in deliver([EVENT] * 10).notices}) == 10


def test_a_body_may_contain_several_events() -> None:
    other = {**EVENT, "company_id": "78", "resource_id": "00502", "status": "delete"}

    delivery = deliver([EVENT, other])

    assert notices(delivery) == [
        NOTICE,
        replace(NOTICE, company="78", appointment_id="502", status="delete"),
    ]


def test_a_status_that_altegio_does_not_have_is_not_stored() -> None:
    assert notices(deliver({**EVENT, "status": "Olena Tkachenko"})) == [
        replace(NOTICE, status="other")
    ]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"last_change_date": "2026-03-02T10:00:00"},
        {"last_change_date": 5},
        {"last_change_date": "9999-12-31T23:59:59-1400"},
    ],
    ids=str,
)
def test_a_notice_without_a_sure_stamp_is_accepted(data: object) -> None:
    assert notices(deliver({**EVENT, "data": data})) == [replace(NOTICE, changed_at=None)]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"resource": "client"}, HookOutcome.OTHER_RESOURCE),
        ({"company_id": 79}, HookOutcome.UNKNOWN_COMPANY),
    ],
    ids=str,
)
def test_what_is_not_about_our_records_is_only_counted(
    change: dict[str, Any], outcome: HookOutcome
) -> None:
    delivery = deliver([{**EVENT, **change}, EVENT])

    assert notices(delivery) == [NOTICE]
    assert delivery.outcomes == {**ACCEPTED, outcome: 1}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"Olena Tkachenko",
        b'{"company_id": 77, "resource": "rec',
        b"[" * 100_000,
        5,
        {},
        {**EVENT, "resource_id": None},
        {**EVENT, "resource_id": "5" * 21},
        {**EVENT, "resource_id": {"$gt": ""}},
        {**EVENT, "company_id": -77},
    ],
    ids=[
        "empty",
        "no UTF-8",
        "no JSON",
        "cut",
        "deep",
        "a number",
        "an empty object",
        "no id",
        "an endless id",
        "an operator",
        "a wrong company",
    ],
)
def test_of_an_unreadable_body_only_the_size_is_noted(body: object) -> None:
    size = len(body if isinstance(body, bytes) else json.dumps(body).encode())

    delivery = deliver(body)

    assert notices(delivery) == [UnreadableNotice("", size)]
    assert delivery.outcomes == {HookOutcome.UNREADABLE: 1}


def test_broken_json_is_not_repaired_because_this_would_cost_much_time() -> None:
    body = json.dumps({**EVENT, "data": [{"id": 501}, "x"]}).encode().replace(b'"x"', b"x")

    assert notices(deliver(body)) == [UnreadableNotice("", len(body))]


def test_the_readable_events_of_a_body_are_accepted() -> None:
    body = json.dumps(["x", EVENT, 7]).encode()

    delivery = deliver(body)

    assert notices(delivery) == [NOTICE, UnreadableNotice("", len(body))]
    assert delivery.outcomes == {**ACCEPTED, HookOutcome.UNREADABLE: 2}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*EVENT, "x"]), inner),
    max_leaves=8,
)


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from([*EVENT]), _JSON))
def test_any_json_is_read_and_no_text_of_it_is_kept(change: dict[str, Any]) -> None:
    delivery = deliver({**EVENT, **change})

    for each in delivery.notices:
        assert isinstance(each, UnreadableNotice) or (
            each.company == "77"
            and each.appointment_id.isdigit()
            and each.status in ("create", "update", "delete", "other")
        )
