"""Names and phones in the bodies of webhooks: they are nowhere, whatever field they are in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from altegio_sync.altegio.hook_body import read_delivery
from altegio_sync.errors import StoreError
from altegio_sync.log import configure_logging, get_logger
from altegio_sync.web.application import make_application
from altegio_sync.web.receiver import HookReceiver
from tests.integration.test_noticing import Serving, add_bookings, serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.notices import Notice, UnreadableNotice
    from tests.mongod import RunningMongod

__all__ = ["serving"]  # a fixture

SECRET = "hook-secret-6130-" + "x" * 20
NAMES = ("Олена Таємниченко 12345678", "Solomiia-Unheard-Of", "+380509876543", "ніхто@приклад.укр")
PHONE = 380509876543
PRIVATE = (*NAMES, str(PHONE))
VALUES = st.recursive(
    st.sampled_from([*NAMES, PHONE, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=5,
)
#: Which fields of an otherwise good event have another value. The ids are Altegio's own.
FIELDS = st.sampled_from(["status", "resource", "data", "note", "urls", *NAMES])
EVENTS = st.dictionaries(FIELDS, VALUES, max_size=4).flatmap(
    lambda fields: st.sampled_from([501, 999]).map(
        lambda record: {
            "company_id": 77,
            "resource": "record",
            "resource_id": record,
            "status": "update",
            "data": {"client": {"name": NAMES[0], "phone": PHONE}, "last_change_date": NAMES[1]},
            **fields,
        }
    )
)
BODIES = st.one_of(
    EVENTS.map(json.dumps), st.lists(EVENTS | VALUES, max_size=6).map(json.dumps), st.just(NAMES[0])
)


def receiver_of(serving: Serving) -> HookReceiver:
    async def store(notices: Sequence[Notice | UnreadableNotice]) -> None:
        if notices:
            await serving.school.notices.add(notices)

    return HookReceiver([SECRET], lambda body: read_delivery(body, {"77"}.__contains__), store)


async def everything_stored(serving: Serving) -> str:
    database = serving.school.database
    documents: list[Any] = []
    for name in await database.list_collection_names():
        documents += [name, *await database[name].find().to_list()]
    return repr(documents)


@settings(
    max_examples=8,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    deadline=None,
)
@given(bodies=st.lists(BODIES, min_size=12, max_size=12))
async def test_what_a_body_contains_is_neither_stored_nor_logged(
    serving: Serving,
    mongod: RunningMongod,
    capsys: pytest.CaptureFixture[str],
    bodies: list[str],
) -> None:
    configure_logging("json", "debug", [SECRET])
    add_bookings(serving, 501)
    application = make_application(receiver_of(serving), anyio.lowlevel.checkpoint)
    transport = httpx2.ASGITransport(application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
        answers = [await client.post(f"/hooks/{SECRET}", content=body.encode()) for body in bodies]
        answers.append(await client.post(f"/hooks/{SECRET}?{NAMES[1]}", content=bodies[0].encode()))
        with mongod.failing(100, ("update",), errorCode=13):
            answers += [await client.post(f"/hooks/{SECRET}", content=bodies[0].encode())]
    await serving.work_until(lambda counts: counts.keys().isdisjoint({"waiting", "claimed"}))
    for event, fields in serving.warnings:
        get_logger().warning(event, **fields)

    seen = "".join(
        [
            await everything_stored(serving),
            *capsys.readouterr(),
            *(each.text + repr(each.headers) for each in answers),
        ]
    )
    assert "'appointmentId': '501'" in seen or not any('"resource_id": 501' in x for x in bodies)
    assert [each for each in PRIVATE if each in seen] == []
    assert SECRET not in seen


async def test_an_error_about_a_notice_shows_nothing_of_it(
    serving: Serving, mongod: RunningMongod
) -> None:
    """The server's own answer would contain the document."""
    [notice] = read_delivery(
        json.dumps(
            {"company_id": 77, "resource": "record", "resource_id": 501, "status": NAMES[1]}
        ).encode(),
        {"77"}.__contains__,
    ).notices

    with mongod.failing(100, ("update",), errorCode=121), pytest.raises(StoreError) as failure:
        await serving.school.notices.add([notice])

    assert [each for each in PRIVATE if each in str(failure.value) + repr(notice)] == []
