"""One bad byte spoils one record at most."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.altegio.lenient import DAMAGED, DamagedRow, read_leniently
from altegio_sync.altegio.protocol import read_answer
from altegio_sync.altegio.translate import Translator, to_services, to_teacher
from altegio_sync.altegio.wire import RecordsAnswer, ServicesAnswer, StaffAnswer, WireRecord
from altegio_sync.domain.lessons import Kept, LessonRules, Skipped, SkipReason, Verdict, judge
from altegio_sync.errors import AltegioUnavailableError, UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable

TRANSLATOR = Translator("77", ZoneInfo("Europe/Kyiv"))


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "company_id": 77,
        "staff_id": 9,
        "services": [{"id": 1, "title": "Урок", "cost": 500}],
        "staff": {"id": 9, "name": "Марко Зразок", "position": {"id": 1, "title": "x"}},
        "client": {"id": 5, "name": f"Олена Приклад 123450{number:02}", "phone": "+380"},
        "date": "2026-06-18 18:30:00",
        "datetime": "2026-06-18T18:30:00+03:00",
        "comment": "COMMENT",
        "seance_length": 3600,
        "attendance": 1,
        "visit_attendance": 1,
        "deleted": False,
        "activity_id": 0,
        "documents": [{"id": 4, "user_id": 3, "company_id": 77, "date_created": "x"}],
    } | changes


def page(*rows: Any, meta: Any = None) -> bytes:
    answer = {"success": True, "data": list(rows), "meta": meta or {"total_count": len(rows)}}
    return json.dumps(answer, ensure_ascii=False).encode()


def judged(body: bytes) -> list[Verdict]:
    answer = read_answer(RecordsAnswer, 200, {}, body)
    assert answer.meta is not None
    assert answer.meta.total_count == len(answer.data)
    bookings = [TRANSLATOR.to_booking(each or WireRecord()) for each in answer.data]
    return [judge(each, LessonRules(frozenset({"1"})), {}) for each in bookings]


def ids(verdicts: list[Verdict]) -> list[str]:
    return [each.booking.id for each in verdicts]


THREE = page(row(1), row(2), row(3))


def in_comment(value: bytes) -> bytes:
    """The second record's comment, which nobody reads, replaced as it stands in the bytes."""
    first, second, third = THREE.split(b'"COMMENT"')[:3]
    return first + b'"a"' + second + value + third + b'"c"' + THREE.split(b'"COMMENT"')[3]


UNREAD = {
    "a lone surrogate": rb'"a\ud800"',
    "a lone low surrogate": rb'"\udfff b"',
    "a cut sequence": b'"a\xd0"',
    "another encoding": "кома".encode("cp1251").join((b'"', b'"')),
    "300 deep": b"[" * 300 + b"]" * 300,
    "100,000 deep": b'{"a":[' * 50_000 + b"]}" * 50_000,
    "5,000 digits": b"9" * 5000,
    "5,000 digits below zero": b"-" + b"9" * 5000,
    "a line break": b'"a\nb\x00\x1f"',
    "not a number": b"NaN",
    "infinity": b"-Infinity",
}


@pytest.mark.parametrize("value", UNREAD.values(), ids=UNREAD)
def test_what_nobody_reads_spoils_nothing(value: bytes) -> None:
    verdicts = judged(in_comment(value))

    assert ids(verdicts) == ["1", "2", "3"]
    assert all(isinstance(each, Kept) for each in verdicts)


BROKEN = {
    "an unknown escape": rb'"\x"',
    "a cut escape": rb'"\u12"',
    "quotation marks": b'"he said "hi" to me"',
    "a quotation mark too many": b'"he said" hi"',
    "a lost quotation mark": b'"he said',
    "a broken word": b"tru",
    "no value": b"",
    "two values": b'"a" "b"',
    "a bracket too many": b'"a"]',
    "a brace too many": b'"a"}',
    "a bracket too few": b'["a"',
}


@pytest.mark.parametrize("value", BROKEN.values(), ids=BROKEN)
def test_a_record_that_cannot_be_read_is_invalid_and_known_by_its_id(value: bytes) -> None:
    verdicts = judged(in_comment(value))

    assert ids(verdicts) == ["1", "2", "3"]
    assert [isinstance(each, Kept) for each in verdicts] == [True, False, True]
    assert isinstance(verdicts[1], Skipped)
    assert verdicts[1].reason is SkipReason.INVALID
    assert str(verdicts[1].detail) == "damaged: record"
    assert verdicts[1].booking.is_deleted is None


@pytest.mark.parametrize("place", [0, 1, 2])
def test_it_may_be_the_first_or_the_last_record(place: int) -> None:
    parts = THREE.split(b'"COMMENT"')
    comments = [b'"a"', b'"b"', b'"c"']
    comments[place] = b'"he said "hi""'
    body = b"".join(part + comment for part, comment in zip(parts, [*comments, b""], strict=True))

    verdicts = judged(body)

    assert ids(verdicts) == ["1", "2", "3"]
    assert [isinstance(each, Kept) for each in verdicts] == [n != place for n in range(3)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (rb'"\ud800 12345602"', SkipReason.INVALID),
        (b'"\xd0 12345602"', SkipReason.INVALID),
        (b'"\xd0"', SkipReason.INVALID),
    ],
)
def test_a_damaged_name_of_the_client_is_invalid(name: bytes, reason: SkipReason) -> None:
    body = THREE.replace('"Олена Приклад 12345002"'.encode(), name)

    verdicts = judged(body)

    assert ids(verdicts) == ["1", "2", "3"]
    assert isinstance(verdicts[1], Skipped)
    assert verdicts[1].reason == reason
    assert str(verdicts[1].detail) == "damaged: client name"
    assert isinstance(verdicts[0], Kept)
    assert isinstance(verdicts[2], Kept)


def test_a_damaged_client_of_a_group_is_a_group_all_the_same() -> None:
    group = row(2, services=[{"id": 8, "title": "Група"}], client={"name": "X"})
    body = page(row(1), group).replace(b'"X"', b'"\xff"')

    verdict = judged(body)[1]

    assert isinstance(verdict, Skipped)
    assert verdict.reason is SkipReason.SERVICE


def test_a_damaged_teacher_is_looked_up_by_the_id() -> None:
    body = THREE.replace("Марко".encode(), b"\xff", 1)

    booking = judged(body)[0].booking

    assert booking.teacher is None
    assert booking.teacher_id == "9"
    assert booking.damaged == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.decode().encode("utf-16"),
        lambda body: body.decode().encode("utf-32"),
        lambda body: b"\xef\xbb\xbf\r\n" + body + b"\r\n",
    ],
    ids=["utf-8", "utf-16", "utf-32", "and white space"],
)
def test_a_byte_order_mark_before_the_json_is_no_matter(
    change: Callable[[bytes], bytes],
) -> None:
    assert all(isinstance(each, Kept) for each in judged(change(THREE)))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("value", [b'"a"', rb'"\ud800"', b'"he said "hi""'])
def test_a_cut_answer_stays_worth_another_try(part: float, value: bytes) -> None:
    body = in_comment(value)

    with pytest.raises(AltegioUnavailableError):
        read_answer(RecordsAnswer, 200, {}, body[: int(len(body) * part)])


@given(st.integers(0, len(THREE)))
def test_no_cut_is_ever_taken_for_an_answer(length: int) -> None:
    body = b"\xef\xbb\xbf" + THREE
    if length == len(THREE):
        return

    with pytest.raises(AltegioUnavailableError):
        read_answer(RecordsAnswer, 200, {}, body[: length + 3])


def test_a_cut_right_behind_a_row_is_no_answer() -> None:
    second = THREE.index(b", {", THREE.index(b'"date_created"'))

    with pytest.raises(AltegioUnavailableError):
        read_answer(RecordsAnswer, 200, {}, THREE[:second])


@given(st.integers(100, len(THREE) - 60), st.integers(0, 255))
def test_one_byte_never_costs_another_record_in_silence(position: int, byte: int) -> None:
    body = THREE[:position] + bytes([byte]) + THREE[position + 1 :]
    try:
        answer = read_answer(RecordsAnswer, 200, {}, body)
    except (AltegioUnavailableError, UnexpectedAnswerError):
        return  # told, and asked for again

    bookings = [TRANSLATOR.to_booking(each or WireRecord()) for each in answer.data]
    verdicts = [judge(each, LessonRules(frozenset({"1"})), {}) for each in bookings]
    assert sum(isinstance(each, Kept) for each in verdicts) >= 2
    assert answer.meta is not None
    assert len(bookings) == 3 or answer.meta.total_count != len(bookings)


def test_of_a_name_given_twice_the_last_value_counts_as_in_the_strict_reader() -> None:
    body = THREE.replace(b'"staff_id": 9', b'"staff_id": 8, "staff_id": 9', 1)

    assert judged(body) == judged(b"\xef\xbb\xbf" + body)


def test_both_readers_say_the_same_of_what_both_can_read() -> None:
    assert judged(THREE) == judged(b"\xef\xbb\xbf" + THREE)


@pytest.mark.parametrize(
    "services",
    [
        {"1": {"id": 1, "title": "Урок"}},
        {"0": {"id": 8, "title": "інше"}, "5": {"id": 1, "title": "Урок"}},
        {"id": 1, "title": "Урок"},
        [None, {"id": 1, "title": "Урок"}],
    ],
)
def test_services_that_came_as_an_object_are_a_list(services: object) -> None:
    assert isinstance(judged(page(row(1, services=services)))[0], Kept)


@pytest.mark.parametrize("services", [5, "x", [5], {"1": 5}, [[1]], {"a": {"id": 1}}])
def test_services_that_cannot_be_read_are_invalid_and_no_other_service(services: object) -> None:
    verdict = judged(page(row(1, services=services)))[0]

    assert isinstance(verdict, Skipped)
    assert verdict.reason is SkipReason.INVALID


@pytest.mark.parametrize("services", [None, [], {}, "", False, [None], [[]], [{}]])
def test_no_services_are_no_lesson_of_ours(services: object) -> None:
    verdict = judged(page(row(1, services=services)))[0]

    assert isinstance(verdict, Skipped)
    assert verdict.reason is SkipReason.SERVICE


def test_a_page_that_came_as_an_object_is_a_list() -> None:
    rows = {"0": row(1), "2": row(2), "3": None}
    body = json.dumps({"success": True, "data": rows, "meta": {"total_count": 3}}).encode()

    assert ids(judged(body)) == ["1", "2", ""]


@pytest.mark.parametrize("data", [{}, {"id": 1}, {"1": {}, "x": {}}, None, "", 5], ids=repr)
def test_no_other_object_passes_for_a_page(data: object) -> None:
    body = json.dumps({"success": True, "data": data}).encode()

    with pytest.raises(UnexpectedAnswerError):
        read_answer(RecordsAnswer, 200, {}, body)


STAFF = [{"id": 9, "name": "Марко"}, {"id": 8, "name": "Ірина"}]


@pytest.mark.parametrize(
    "data",
    [
        [None, *STAFF],
        [5, "x", [], *STAFF],
        {"0": STAFF[0], "7": STAFF[1]},
        {"0": None, "1": STAFF[0], "7": STAFF[1]},
    ],
    ids=repr,
)
def test_the_staff_and_the_services_survive_what_is_no_object(data: object) -> None:
    body = json.dumps({"success": True, "data": data}).encode()

    staff = [to_teacher(each) for each in read_answer(StaffAnswer, 200, {}, body).data]
    services = to_services(read_answer(ServicesAnswer, 200, {}, body).data)

    assert [each.name for each in staff if each] == ["Марко", "Ірина"]
    assert [each.id for each in services] == ["9", "8"]


def test_what_is_damaged_is_marked() -> None:
    text = rb'{"a": "\ud83d\ude00", "b": "\ud83d", "c": %d, "d": {"e": "\ude00"}}' % 10**500

    assert read_leniently(text) == {"a": "😀", "b": DAMAGED, "c": DAMAGED, "d": {"e": DAMAGED}}


def test_a_row_without_an_id_of_its_own_has_none() -> None:
    body = page(row(1), row(2)).replace(b'{"id": 1,', b'{"a": x, "id": 1,')

    assert read_leniently(body)["data"][0] == DamagedRow(None)


HOSTILE = {
    "open brackets": b"[" * 1_000_000,
    "open rows": b'{"success": true, "data": [' + b'{"id":' * 200_000,
    "open rows with lists": b'{"success": true, "data": [' + b'{"id":[' * 200_000,
    "half texts": b'{"success": true, "data": [' + b'{"id": 1, "a": "' * 100_000,
    "quotation marks": b'{"success": true, "data": [' + b'"' * 1_000_001,
    "backslashes": b'{"success": true, "data": ["' + b"\\" * 1_000_000,
    "commas": b'{"success": true, "data": [' + b"," * 1_000_000,
    "bad rows": b'{"success": true, "data": [' + b'{"services": [}, ' * 100_000 + b"]}",
    "white space": b'{"success": true, "data": [1' + b" " * 1_000_000,
    "data": b'"data": [' * 100_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_is_refused_soon(body: bytes) -> None:
    began = time.perf_counter()

    with pytest.raises((AltegioUnavailableError, UnexpectedAnswerError)):
        read_answer(RecordsAnswer, 200, {}, body)

    # Under a second each; what grows with the square of the length takes hours.
    assert time.perf_counter() - began < 20
