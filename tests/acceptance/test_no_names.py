"""Names and phones arrive in every part of a webhook, of a booking and of the collection.

None of them reaches what machines read, a stored notice, or a log.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from altegio_sync.sandbox import School
from altegio_sync.sandbox.people import TEACHERS
from tests.acceptance.serving import APPOINTMENTS, HOOK_SECRET, NOTICES, Serving, database_of

if TYPE_CHECKING:
    from tests.acceptance.cli import Cli

NAME, TEACHER, PHONE, MAIL = "Вигадана Особа", "Викладачка Проба", "+380671112233", "p@example.com"
PRIVATE = (NAME, NAME.split()[1], TEACHER, TEACHER.split()[0], PHONE, PHONE[-9:], MAIL)
private = st.sampled_from([NAME, TEACHER, PHONE, MAIL, f"{NAME} {PHONE}"])
anything = st.recursive(
    private | st.integers() | st.none() | st.just("2026-11-26T10:00:00+02:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(private, inner, max_size=3),
    max_leaves=6,
)
#: Mostly a good notice, with anything in one field or another.
events = st.fixed_dictionaries(
    {
        "company_id": st.sampled_from([77, 77, "077", 78, PHONE[1:]]) | anything,
        "resource": st.sampled_from(["record", "record", "record", NAME]) | anything,
        "resource_id": st.sampled_from([501, 501, 502]) | anything,
        "status": st.sampled_from(["create", "update", "delete"]) | anything,
    },
    optional={"data": anything | st.fixed_dictionaries({"last_change_date": anything})},
)
bodies = st.one_of(
    events.map(json.dumps),
    st.lists(events, max_size=3).map(json.dumps),
    private,
    anything.map(lambda value: json.dumps(value, ensure_ascii=False)[:-1]),
)
headers = st.dictionaries(
    st.sampled_from(["user-agent", "referer", "x-request-id", "cookie"]), private
)


@pytest.fixture
def school() -> School:
    """Two bookings with names and phones in every text; the second one cannot be stored."""
    school = School.empty()
    now = datetime.now(school.zone).replace(microsecond=0, tzinfo=None)
    texts: dict[str, Any] = {
        "comment": f"{NAME} {PHONE}",
        "custom_fields": {NAME: PHONE},
        "online": MAIL,
    }
    teacher = TEACHERS[0] | {"name": TEACHER, "specialization": PHONE}
    for number, more in ((501, texts), (502, texts | {"seance_length": NAME, "services": [NAME]})):
        start = now + timedelta(hours=number - 500)
        school.add(school.record(start, f"{NAME} 12345", teacher=teacher, id=number, **more))
    return school


def leaks(text: str) -> list[str]:
    """What is private in a text, also as JSON and as an address would write it."""
    return [
        each
        for each in PRIVATE
        if each in text or json.dumps(each)[1:-1] in text or quote(each) in text
    ]


def test_no_name_and_no_phone_reaches_a_machine_a_notice_or_a_log(cli: Cli) -> None:
    with database_of(cli) as stored, Serving(cli, changes={"ALTEGIO_POLL_EVERY": "1s"}) as serving:
        odd: dict[str, Any] = dict.fromkeys(("companyId", "status", "leadId", "teacherId"), NAME)
        stored[APPOINTMENTS].insert_one({"appointmentId": PHONE, "leadName": NAME, **odd})

        @settings(
            max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
        )
        @given(bodies, headers, private)
        def send(body: str, sent: dict[str, str], text: str) -> None:
            encoded = {name.encode(): value.encode() for name, value in sent.items()}
            client = serving.client
            answer = client.post(
                f"/hooks/{HOOK_SECRET}?{quote(text)}", content=body.encode(), headers=encoded
            )
            assert (answer.status_code, answer.text) == (204, "")
            assert (
                leaks(str(client.post(f"/hooks/{quote(text)}", content=body.encode()).text)) == []
            )

        send()
        assert serving.notify(501, data={"client": {"name": NAME, "phone": PHONE}}) == 204
        assert serving.notify(502, status=NAME) == 204
        assert serving.notify(501, company_id=PHONE[1:]) == 204
        is_open = {"state": {"$in": ["waiting", "claimed"]}, "appointmentId": "501"}
        serving.wait_for(
            lambda: stored[APPOINTMENTS].find_one({"appointmentId": "501"}) is not None
        )
        serving.wait_for(lambda: stored[NOTICES].find_one(is_open) is None)
        answers = [serving.client.get(path) for path in ("/metrics", "/health", f"/{quote(NAME)}")]
        notices = str(list(stored[NOTICES].find()))
        versions = str(list(stored["altegio-sync-versions"].find()))
        lesson = stored[APPOINTMENTS].find_one({"appointmentId": "501"}) or {}
    status = cli.run("status", "--prometheus")

    assert leaks(str(lesson["leadName"])) == [NAME, NAME.split()[1]]  # there, it belongs
    assert [leaks(each.text) for each in answers] == [[], [], []]
    assert (leaks(status.out), leaks(serving.log), leaks(status.err)) == ([], [], [])
    assert (leaks(notices), leaks(versions)) == ([], [])
    assert notices.count("'_id'") > 20
    assert re.search(r'notices_total\{outcome="unknown_company"\} [1-9]', answers[0].text)
